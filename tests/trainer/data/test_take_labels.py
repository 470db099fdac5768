"""Words of takes from several sources: joined, or refused with the command that tells them apart."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from landmarkers.errors import UserError
from landmarkers.take import Provenance, Take
from models.labels import Sign, labels_json, read_labels
from models.sign_number import number_of_word
from tests.synthetic_takes import LANDMARKER, make_take
from tests.trainer import odd_inputs
from tests.trainer.data.test_keypoints import CLIP, keypoints, write
from trainer.data.take_labels import drop_former_numbers, read_take_labels

WATER, COFFEE = Sign(sign_id=1001, word="ماء", word_en="Water"), Sign(sign_id=1001, word="قهوة", word_en="Coffee")
MODEL = ("tiny@1", [Sign(sign_id=3, word="قهوة", word_en="Coffee")])


def takes_of(folder: Path, *signs: Sign) -> Path:
    """Write a take of each sign, with the labels beside them."""
    for sign in signs:
        clip = f"04/train/{sign.sign_id:04}/01"
        make_take(provenance=Provenance(clip, LANDMARKER, "04", "train", sign.sign_id)).save(
            folder / f"{clip}.take.npz"
        )
    (folder / "labels.json").write_bytes(labels_json(signs))
    return folder


def numbers(folder: Path) -> list[int]:
    return sorted(Take.load(path).provenance.sign_id or 0 for path in folder.rglob("*.take.npz"))


def follow(refusal: object) -> None:
    """Run the command that a refusal quotes."""
    quoted = re.search("`ishara-trainer (.*?)`", str(refusal))
    assert quoted is not None
    assert odd_inputs.run(*shlex.split(quoted[1])).code == 0


def test_number_with_two_words_is_refused_when_training_from_scratch_and_the_command_that_it_names_helps(
    tmp_path: Path,
) -> None:
    one, two = takes_of(tmp_path / "one", WATER), takes_of(tmp_path / "the others", COFFEE)
    refusal = odd_inputs.refuse("train", "--takes", one, two, "--run", tmp_path / "run", keep=tmp_path)
    assert "sign 1001 is “ماء” in" in refusal
    assert f"renumber '{two}' 1001`" in refusal
    follow(refusal)
    assert numbers(two) == [number_of_word("قهوة")]
    assert read_labels(two / "labels.json") == (COFFEE.model_copy(update={"sign_id": number_of_word("قهوة")}),)
    assert {sign.word for sign in read_take_labels([one, two]).values()} == {"ماء", "قهوة"}


def test_word_that_the_model_knows_by_another_number_is_refused_and_the_command_that_is_named_helps(
    tmp_path: Path,
) -> None:
    own = Sign(sign_id=number_of_word("coffee"), word="coffee", word_en="coffee")
    folder = takes_of(tmp_path / "mine", own)
    with pytest.raises(UserError, match="“قهوة .Coffee.” is sign 3 in tiny@1 and sign 4") as refusal:
        read_take_labels([folder], model=MODEL)
    follow(refusal.value)
    assert numbers(folder) == [3]
    assert read_take_labels([folder], model=MODEL) == {3: MODEL[1][0]}


def test_same_word_under_two_numbers_that_people_gave_is_left_to_them(tmp_path: Path) -> None:
    assert set(read_take_labels([takes_of(tmp_path / "mine", COFFEE)], model=MODEL)) == {3, 1001}


def test_file_of_labels_names_what_the_folders_leave_unnamed(tmp_path: Path) -> None:
    folder = takes_of(tmp_path / "mine", WATER)
    labels = tmp_path / "labels.csv"
    labels.write_text("number,arabic,english\n7,شاي,Tea\n1001,ماء,Aqua\n", encoding="utf-8")
    assert {number: sign.word_en for number, sign in read_take_labels([folder], labels).items()} == {
        7: "Tea",
        1001: "Aqua",
    }
    labels.write_text("number,arabic,english\n1001,قهوة,Coffee\n", encoding="utf-8")
    refusal = odd_inputs.refuse(
        "train", "--takes", folder, "--run", tmp_path / "run", "--labels", labels, keep=tmp_path
    )
    assert "sign 1001 is “ماء” in" in refusal
    assert "labels.csv" in refusal


BY_WORD = Sign(sign_id=number_of_word("water"), word="water", word_en="water")


@pytest.mark.parametrize(("former", "now"), [(BY_WORD, WATER), (WATER, BY_WORD)], ids=["labels", "no labels any more"])
def test_former_number_of_a_word_is_dropped_once_no_take_has_it(tmp_path: Path, former: Sign, now: Sign) -> None:
    folder = takes_of(tmp_path / "mine", former, now)
    drop_former_numbers(folder, [now])
    assert {former, now} == set(read_labels(folder / "labels.json")), "a take still has the number"
    shutil.rmtree(folder / f"04/train/{former.sign_id:04}")
    drop_former_numbers(folder, [now])
    assert read_labels(folder / "labels.json") == (now,)


def test_former_number_is_dropped_where_no_clip_could_be_read(tmp_path: Path) -> None:
    former, now = Sign(sign_id=number_of_word("water"), word="water", word_en="water"), WATER
    (tmp_path / "labels.json").write_bytes(labels_json((former, now)))
    drop_former_numbers(tmp_path, [now])
    assert read_labels(tmp_path / "labels.json") == (now,)


def import_sign(tmp_path: Path, sign: int, *more: str | Path) -> odd_inputs.Answer:
    root = write(tmp_path / f"kps-{sign}", {CLIP: keypoints()}, sign=sign)
    return odd_inputs.run("import-npz", root, "--to", tmp_path / "takes", "--workers", "1", *more)


def labels_file(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(("number;arabic;english", *rows)), encoding="utf-8-sig")
    return path


def test_second_extraction_into_a_folder_adds_its_words(tmp_path: Path) -> None:
    labels = labels_file(tmp_path, "7;شاي;Tea", "8.0;قهوة;Coffee", "9;ماء;Water")
    assert import_sign(tmp_path, 7, "--labels", labels).code == 0
    assert import_sign(tmp_path, 8, "--labels", labels).code == 0
    assert [sign.word_en for sign in read_labels(tmp_path / "takes" / "labels.json")] == ["Tea", "Coffee"]


def test_second_extraction_with_another_word_for_a_number_is_refused(tmp_path: Path) -> None:
    assert import_sign(tmp_path, 7, "--labels", labels_file(tmp_path, "7;شاي;Tea")).code == 0
    labels_file(tmp_path, "7;قهوة;Coffee")
    with odd_inputs.unchanged(tmp_path):
        answer = import_sign(tmp_path, 7, "--labels", tmp_path / "labels.csv")
    assert "sign 7 is “شاي” in" in answer.sentence
    assert "or extract into another folder" in answer.sentence


def test_sign_that_the_labels_lack_is_refused_before_any_work(tmp_path: Path) -> None:
    labels = labels_file(tmp_path, "8;قهوة;Coffee")
    assert "labels.csv has no row for sign 7" in import_sign(tmp_path, 7, "--labels", labels).sentence
    assert not (tmp_path / "takes").exists()


def test_neighbours_sheet_is_named_but_not_taken(tmp_path: Path) -> None:
    (tmp_path / "karsl-502").mkdir()
    (tmp_path / "karsl-502" / "KARSL-502_Labels.xlsx").touch()
    answer = import_sign(tmp_path, 7)
    assert answer.code == 0
    assert "has no words for sign 7, which training needs; name their file with --labels" in answer.output
    assert str(tmp_path / "karsl-502" / "KARSL-502_Labels.xlsx") in answer.output
    assert not (tmp_path / "takes" / "labels.json").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["7"], "labels.json names no sign 7"),
        (["1001=1002"], "sign 1002 is “شاي” in .* and “ماء” in the new numbers; choose a number that is free"),
        (["1001=1002", "1002=1003"], "1002 is an old and a new number"),
        (["1001=x"], "1001=x is not a sign's number"),
        (["1001=2147483648"], "1001=2147483648 is not a sign's number"),
        (["١٠٠١"], "is not a sign's number"),
    ],
)
def test_impossible_number_is_refused(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    folder = takes_of(tmp_path / "mine", WATER, Sign(sign_id=1002, word="شاي", word_en="Tea"))
    assert re.search(sentence, odd_inputs.refuse("renumber", folder, *arguments, keep=tmp_path))


def test_renumbering_that_was_killed_is_completed_by_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = takes_of(tmp_path / "mine", WATER, Sign(sign_id=1002, word="شاي", word_en="Tea"))

    class Killed(Exception):
        """Stands for a kill."""

    def die(take: Take, path: Path) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Take, "save", die)
        with pytest.raises(Killed):
            odd_inputs.run("renumber", folder, "1001=5")
    assert {1001, 1002} <= set(read_take_labels([folder])), "every take still has its word"
    answer = odd_inputs.run("renumber", folder, "1001=5")
    assert (answer.code, answer.output) == (0, f"renumbered 1 takes in {folder}\n")
    assert numbers(folder) == [5, 1002]
    assert [sign.sign_id for sign in read_labels(folder / "labels.json")] == [5, 1002]
