"""Recording takes of one's own signs on the device."""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edge.__main__ import main as edge
from edge.attempts.prompt import Prompt
from edge.attempts.signer import LandmarkStream, LiveSigner
from edge.cameras.replay import TakeReplay
from edge.record.session import AttemptsExhausted, record
from landmarkers.frame import Landmarks
from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import TAKE_SUFFIX, Take
from landmarkers.tracking import FINGERPRINT
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.labels import Sign as Word
from models.labels import labels_json, read_labels
from models.manifest import SpotterSettings
from models.sign_number import number_of_word
from models.take_folder import TakeFolder
from tests.edge.clips import network_camera
from tests.edge.conftest import StartDaemon
from tests.edge.ports import free_port
from tests.edge.tiny_bundle import PLACES, write_bundle
from tests.edge.waiting import wait_until
from tests.synthetic_signer import LANDMARKER, PROVENANCE, Sign, even_times, stream, take
from trainer.cli.main import main as trainer

COFFEE, TEA = "قهوة=Coffee", "شاي=Tea"
COFFEE_NUMBER, TEA_NUMBER = number_of_word("قهوة"), number_of_word("شاي")
GOOD = [Sign(0.5 + 1.6 * number, 1.5 + 1.6 * number, PLACES[1]) for number in range(6)]


def write_source(path: Path, *signs: Sign) -> str:
    """Save a take with these signs one after another; return it as a source."""
    take(even_times(30, signs[-1].end + 1.0), *signs).save(path)
    return f"take:{path}"


def find_takes(folder: Path) -> dict[int | None, list[str]]:
    """Return the names of the takes in a folder by sign."""
    found: dict[int | None, list[str]] = {}
    for path in sorted(folder.rglob(f"*{TAKE_SUFFIX}")):
        provenance = Take.load(path).provenance
        found.setdefault(provenance.sign_id, []).append(provenance.clip)
    return found


@pytest.fixture
def command(bundle_folder: Path) -> list[str]:
    return ["record", "--model", str(bundle_folder), "--to", "mine", "--takes", "2"]


def test_takes_are_laid_out_as_extraction_leaves_them(command: list[str], tmp_path: Path) -> None:
    source = write_source(tmp_path / "s.take.npz", *GOOD)
    assert edge([*command, "--source", source, "--signer", "04", "--word", COFFEE, "--word", "76", "--word", TEA]) == 0
    assert find_takes(Path("mine")) == {
        number: [f"04/train/{number:04}/{take}" for take in ("01", "02")] for number in (76, COFFEE_NUMBER, TEA_NUMBER)
    }
    assert [(sign.sign_id, sign.word_en) for sign in read_labels(Path("mine/labels.json"))] == [
        (76, "trachea"),
        (TEA_NUMBER, "Tea"),
        (COFFEE_NUMBER, "Coffee"),
    ]
    one = Take.load(Path(f"mine/04/train/{COFFEE_NUMBER}/01.take.npz"))
    assert (one.provenance.signer, one.provenance.split, one.provenance.landmarker) == ("04", "train", LANDMARKER)
    assert one.times[0] == 0.0
    assert one.duration == pytest.approx(1.0, abs=0.05)


def test_trainer_accepts_the_folder(command: list[str], tmp_path: Path) -> None:
    source = write_source(tmp_path / "s.take.npz", *GOOD)
    assert edge([*command, "--source", source, "--word", COFFEE, "--word", TEA]) == 0
    short = ["--run", "run", "--recipe", "trial", "--epochs", "1", "--validation", "0", "--threads", "1"]
    assert trainer(["train", "--takes", "mine", *short]) == 0


def test_missing_takes_are_reported_and_the_same_command_resumes(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command += ["--word", COFFEE, "--word", TEA, "--source", write_source(tmp_path / "s.take.npz", *GOOD[:3])]
    assert edge(command) == 1
    assert "still missing: 1 of شاي (Tea)" in capsys.readouterr().err
    first = Path(f"mine/unnamed/train/{COFFEE_NUMBER}/01.take.npz").stat().st_mtime_ns
    assert edge(command) == 0
    assert {sign: len(clips) for sign, clips in find_takes(Path("mine")).items()} == {
        COFFEE_NUMBER: 2,
        TEA_NUMBER: 2,
    }
    assert Path(f"mine/unnamed/train/{COFFEE_NUMBER}/01.take.npz").stat().st_mtime_ns == first


def test_second_signer_records_beside_the_first(command: list[str], tmp_path: Path) -> None:
    command += ["--word", COFFEE, "--source", write_source(tmp_path / "s.take.npz", *GOOD)]
    for signer in ("04", "05"):
        assert edge([*command, "--signer", signer]) == 0
    assert len(find_takes(Path("mine"))[COFFEE_NUMBER]) == 4


def hide(part: Part, landmarks: Sequence[Landmarks], every: int) -> list[Landmarks]:
    """Hide a part in all but one of so many frames."""
    hidden = []
    for number, one in enumerate(landmarks):
        points = one.points.copy()
        if number % every:
            points[PART_SLICES[part]] = np.nan
        hidden.append(Landmarks(points, one.time))
    return hidden


@pytest.mark.parametrize(
    ("landmarks", "sentence"),
    [
        (stream(even_times(30, 3.0), Sign(0.5, 0.7)), "lasted only 0.2 s"),
        (stream(even_times(5, 3.0), Sign(0.5, 1.0)), "only 3 images came"),
        (stream(even_times(30, 7.0), Sign(0.5, 6.0)), "did not rest for 4 s"),
        (stream(even_times(30, 3.0), Sign(0.5, 1.5, x=-0.05)), "cut off by the border of the image"),
        (hide(Part.RIGHT_HAND, stream(even_times(30, 3.0), Sign(0.5, 1.5)), 3), "hands were visible in only"),
        (hide(Part.POSE, stream(even_times(30, 3.0), Sign(0.5, 1.5)), 3), "shoulders were out of view"),
    ],
)
def test_bad_take_is_rejected_with_the_reason(
    command: list[str],
    landmarks: list[Landmarks],
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Take.from_landmarks(landmarks, PROVENANCE).save(tmp_path / "bad.take.npz")
    assert edge([*command, "--word", COFFEE, "--source", "take:bad.take.npz"]) == 1
    printed = capsys.readouterr().out
    assert "not kept: " in printed
    assert sentence in printed
    assert find_takes(Path("mine")) == {}


def test_five_bad_takes_in_a_row_end_the_recording_with_the_reason(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [Sign(3.0 + number, 3.2 + number) for number in range(9)]
    source = write_source(tmp_path / "s.take.npz", GOOD[0], *bad)
    assert edge([*command, "--word", COFFEE, "--source", source]) == 2
    captured = capsys.readouterr()
    assert captured.out.count("not kept") == 5
    assert "5 takes in a row of قهوة (Coffee)" in captured.err
    assert "lasted only 0.2 s" in captured.err
    assert len(find_takes(Path("mine"))[COFFEE_NUMBER]) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["99"], "“99” is no sign that the model knows; write a new word as عربي or عربي=English"),
        (["\u200f"], "is no word"),
        (["\u200f=House"], "is no word"),
        (["=House"], "is no word"),
        (["بيت="], "is no word"),
        ([], "name words to record"),
    ],
)
def test_unclear_word_is_refused_in_one_sentence(
    command: list[str], words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge([*command, *(f"--word={word}" for word in words), "--source", "take:none"]) == 2
    assert sentence in capsys.readouterr().err
    assert not Path("mine").exists()


def test_words_of_a_file_are_read_and_known_ones_keep_their_numbers(command: list[str], tmp_path: Path) -> None:
    Path("words.txt").write_text("# drinks\nقهوة = Coffee\n\nجهاز  تنفسي\nSkeleton\n", encoding="utf-8-sig")
    source = write_source(tmp_path / "s.take.npz", *GOOD)
    assert edge([*command, "--words", "words.txt", "--source", source]) == 0
    assert set(find_takes(Path("mine"))) == {71, 75, COFFEE_NUMBER}


def test_new_word_may_stand_alone_and_is_announced_with_its_number(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge([*command, "--word", "قهوة", "--source", write_source(tmp_path / "s.take.npz", *GOOD)]) == 0
    printed = capsys.readouterr().out
    assert f"قهوة is new, and gets the number {COFFEE_NUMBER}\n" in printed
    assert "قهوة, take 1 of 2: " in printed, "the word of one language is shown once"
    (sign,) = read_labels(Path("mine/labels.json"))
    assert (sign.sign_id, sign.word, sign.word_en) == (COFFEE_NUMBER, "قهوة", "قهوة")
    assert edge([*command, "--word", COFFEE]) == 0, "the takes are there"
    assert [sign.word_en for sign in read_labels(Path("mine/labels.json"))] == ["Coffee"]


def test_word_that_has_a_number_from_an_earlier_release_keeps_it(command: list[str], tmp_path: Path) -> None:
    Path("mine").mkdir()
    Path("mine/labels.json").write_bytes(labels_json((Word(sign_id=1001, word="ماء", word_en="Water"),)))
    source = write_source(tmp_path / "s.take.npz", *GOOD)
    assert edge([*command, "--word", COFFEE, "--word", "ماء", "--source", source]) == 0
    assert set(find_takes(Path("mine"))) == {1001, COFFEE_NUMBER}
    assert [sign.sign_id for sign in read_labels(Path("mine/labels.json"))] == [1001, COFFEE_NUMBER]


def test_number_that_the_folder_gives_another_word_is_refused(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").mkdir()
    Path("mine/labels.json").write_bytes(labels_json((Word(sign_id=76, word="ماء", word_en="Water"),)))
    assert edge([*command, "--word", "قصبة هوائية", "--source", "take:none"]) == 2
    refusal = "sign 76 is “قصبة هوائية” in the model and “ماء” in mine/labels.json; record into another folder"
    assert refusal in capsys.readouterr().err
    assert find_takes(Path("mine")) == {}


def test_folder_of_a_bundle_is_refused_and_kept(
    command: list[str], bundle_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(bundle_folder, tmp_path / "bundle")
    command[command.index("mine")] = "bundle"
    before = {path.name: path.read_bytes() for path in (tmp_path / "bundle").iterdir()}
    assert edge([*command, "--word", COFFEE]) == 2
    assert "bundle holds a bundle, which takes would damage; record into another folder" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "bundle").iterdir()} == before


def test_folder_with_other_landmarks_is_refused(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge([*command, "--word", COFFEE, "--source", write_source(tmp_path / "s.take.npz", *GOOD)]) == 0
    write_bundle(tmp_path / "other", landmarker="another")
    assert edge([*command, "--word", COFFEE, "--source", "take:s.take.npz", "--model", "other"]) == 2
    assert "the model needs those of another; record into another folder" in capsys.readouterr().err


def record_live(folder: Path, *signs: Sign, seconds: float) -> None:
    """Record two takes of a word in front of a camera from somebody who signs at these times."""
    replay = TakeReplay([take(even_times(10, seconds), *signs)], paced=False)
    takes = TakeFolder(folder, None, LANDMARKER)
    landmarks = LandmarkStream(replay, replay)
    prompt = Prompt()
    record(
        LiveSigner(landmarks, SpotterSettings(), prompt),
        [Word(sign_id=1001, word="ماء", word_en="Water")],
        2,
        takes,
        prompt,
    )
    landmarks.close()


def test_countdown_precedes_each_sign_and_movements_during_it_are_no_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_live(tmp_path, Sign(1.0, 2.0), Sign(6.0, 7.0), Sign(11.0, 12.2), seconds=14.0)
    printed = capsys.readouterr().out
    assert "take 1 of 2: 3 rest your hands ... 3 2 1 sign now kept, 1.0 s\n" in printed
    assert "take 2 of 2: 3 2 1 sign now kept, 1.2 s\n" in printed
    assert [len(clips) for clips in find_takes(tmp_path).values()] == [2]


def test_wait_for_a_hand_ends_when_nobody_signs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AttemptsExhausted, match="no hand rose within 10 s"):
        record_live(tmp_path, seconds=80.0)
    assert capsys.readouterr().out.count("sign again") == 5


def test_hands_that_never_rest_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AttemptsExhausted, match="did not come to rest within 10 s"):
        record_live(tmp_path, Sign(0.0, 80.0), seconds=80.0)


def test_incomplete_sign_is_not_kept(tmp_path: Path) -> None:
    record_live(tmp_path, Sign(4.0, 9.0), seconds=6.0)
    assert find_takes(tmp_path) == {}


def test_ctrl_c_exits_cleanly_and_keeps_what_was_recorded(start_daemon: StartDaemon, tmp_path: Path) -> None:
    model = write_bundle(tmp_path / "camera", landmarker=FINGERPRINT)
    port = free_port()
    with network_camera(port, seconds=30) as address:
        daemon = start_daemon(
            "record", "--model", model, "--to", "mine", "--word", COFFEE, "--word", TEA, "--source", address
        )
        wait_until(lambda: "rest your hands before" in daemon.printed, "the camera")
        daemon.process.send_signal(signal.SIGINT)
        assert daemon.wait() == 1
    assert "stopped; still missing: 5 of قهوة (Coffee), 5 of شاي (Tea)" in daemon.logged
    assert "Traceback" not in daemon.logged
    assert "take 1 of 5: " in daemon.printed
    assert (tmp_path / "mine" / "labels.json").is_file()


def test_sign_recorded_from_a_real_clip_is_recognised(karsl: Path, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "models" / "karsl-230"
    clip = sorted((karsl / "karsl-502/03/03/test/0076").iterdir())[0]
    command = ["record", "--model", str(shipped), "--to", "mine", "--takes", "1", "--word", "76"]
    assert edge([*command, "--source", str(clip)]) == 0
    one = Take.load(Path("mine/unnamed/train/0076/01.take.npz"))
    assert OnnxClassifier(open_bundle(shipped)).classify(one).best.sign.sign_id == 76
