"""The decisions of a review: where they lie, what training finds, and how the review resumes."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from landmarkers.errors import UserError
from landmarkers.layout import DEFAULT_PARTS
from landmarkers.review import Review, Verdict
from landmarkers.take import Take, TakeDamaged, read_provenance
from models.labels import read_labels
from models.sign_number import number_of_word
from models.words import WordsUnclear
from tests.trainer.review.collected import reviewing, write_takes
from trainer.cli.main import main as trainer
from trainer.data.store import find_takes
from trainer.data.store_builder import build_store
from trainer.review.review_queue import ReviewQueue
from trainer.review.review_view import State, state_of, view_of

ACCEPT, REJECT = Verdict.ACCEPTED, Verdict.REJECTED


def trained(folder: Path, store: Path) -> list[tuple[str, int | None]]:
    """Return the names and signs of the takes that training reads."""
    rows = build_store(find_takes([folder]), DEFAULT_PARTS, store).rows
    return [(row.provenance.clip.split("/")[-1], row.provenance.sign_id) for row in rows]


def states(queue: ReviewQueue) -> list[State]:
    return [state_of(entry) for entry in queue.entries]


def test_accepted_takes_train_and_rejected_ones_do_not(tmp_path: Path) -> None:
    folder, store = tmp_path / "takes", tmp_path / "store"
    write_takes(folder, [1, 1, 2, 3])
    queue = ReviewQueue([folder])
    queue.decide(1, ACCEPT)
    queue.decide(2, REJECT)
    queue.decide(3, ACCEPT, "heart")
    queue.decide(4, ACCEPT, "قهوة=Coffee")
    coffee = number_of_word("قهوة")
    assert trained(folder, store) == [("01", 1), ("03", 1), ("04", coffee)]
    assert {sign.sign_id: sign.word_en for sign in read_labels(folder / "labels.json")}[coffee] == "Coffee"
    assert states(queue) == [State.ACCEPTED, State.REJECTED, State.RELABELLED, State.RELABELLED]


def test_take_keeps_its_landmarks_its_consent_and_what_the_model_said(tmp_path: Path) -> None:
    (path,) = write_takes(tmp_path, [2])
    before = Take.load(path)
    ReviewQueue([tmp_path]).decide(1, ACCEPT, "heart")
    after = Take.load(path)
    assert after.stored().has_landmarks_of(before.stored())
    assert replace(after.provenance, sign_id=2) == before.provenance
    assert (after.provenance.consent, after.provenance.said) == (before.provenance.consent, before.provenance.said)
    assert after.provenance.consent is not None


def test_review_resumes_and_undoes_what_an_earlier_one_decided(tmp_path: Path) -> None:
    write_takes(tmp_path, [1, 2, 3])
    first = ReviewQueue([tmp_path])
    first.decide(3, ACCEPT, "ألم")
    first.decide(1, REJECT)
    second = ReviewQueue([tmp_path])
    assert states(second) == [State.REJECTED, State.NEW, State.RELABELLED]
    assert second.undecided_from(1) == second.undecided_from(3) == 2
    second.decide(2, ACCEPT)
    assert second.undecided_from(1) is None
    assert [second.undo(), second.undo(), second.undo(), second.undo()] == [2, 1, 3, None]
    assert states(ReviewQueue([tmp_path])) == [State.NEW] * 3
    assert [read_provenance(path).sign_id for path in find_takes([tmp_path])] == [1, 2, 3]


def test_decision_can_be_changed(tmp_path: Path) -> None:
    (path,) = write_takes(tmp_path, [2])
    queue = ReviewQueue([tmp_path])
    queue.decide(1, REJECT)
    assert not path.exists()
    queue.decide(1, ACCEPT, "heart")
    queue.decide(1, ACCEPT)  # as the page shows it: with its other word
    assert read_provenance(path).sign_id == 1
    assert states(ReviewQueue([tmp_path])) == [State.RELABELLED]


def test_rejection_that_was_killed_before_its_end_is_completed(tmp_path: Path) -> None:
    (path, _) = write_takes(tmp_path, [1, 1])
    take = Take.load(path)
    review = Review(verdict=REJECT, decided_at=datetime.now(UTC), original_sign_id=1)
    replace(take, provenance=replace(take.provenance, review=review)).save(path)
    assert states(ReviewQueue([tmp_path])) == [State.REJECTED, State.NEW]
    assert path not in find_takes([tmp_path])


def test_take_recorded_under_the_name_of_a_rejected_one_replaces_nothing(tmp_path: Path) -> None:
    write_takes(tmp_path, [1])
    ReviewQueue([tmp_path]).decide(1, REJECT)
    write_takes(tmp_path, [1])
    queue = ReviewQueue([tmp_path])
    assert sorted(states(queue)) == [State.NEW, State.REJECTED]
    queue.decide(states(queue).index(State.NEW) + 1, REJECT)
    assert states(ReviewQueue([tmp_path])) == [State.REJECTED] * 2
    queue.undo()
    assert len(find_takes([tmp_path])) == 1


def test_words_of_folders_below_are_known_and_changed_there(tmp_path: Path) -> None:
    write_takes(tmp_path / "entrance", [1])
    write_takes(tmp_path / "ward", [2])
    queue = ReviewQueue([tmp_path, tmp_path / "ward"])
    assert [view_of(queue, number).take.word.english for number in (1, 2)] == ["heart", "pain"]  # type: ignore[union-attr]
    queue.decide(2, ACCEPT, "شاي")
    new = number_of_word("شاي")
    known = [{sign.sign_id for sign in read_labels(tmp_path / name / "labels.json")} for name in ("entrance", "ward")]
    assert (new in known[0], new in known[1]) == (False, True)


def test_words_of_a_model_have_its_numbers(tmp_path: Path) -> None:
    write_takes(tmp_path / "takes", [3, 3])
    (tmp_path / "labels.csv").write_text("number,arabic,english\n7,قهوة,Coffee\n", encoding="utf-8")
    queue = ReviewQueue([tmp_path / "takes"], tmp_path / "labels.csv")
    queue.decide(1, ACCEPT, "coffee")
    queue.decide(2, ACCEPT, "رأس")  # what the model said of them
    assert [entry.provenance.sign_id for entry in queue.entries] == [7, 4]


@pytest.mark.parametrize("word", ["=Coffee", "\u200b", "12345"])
def test_word_that_is_none_changes_nothing(tmp_path: Path, word: str) -> None:
    (path,) = write_takes(tmp_path, [2])
    content = path.read_bytes()
    with pytest.raises(WordsUnclear):
        ReviewQueue([tmp_path]).decide(1, ACCEPT, word)
    assert path.read_bytes() == content


def test_take_that_is_gone_is_named(tmp_path: Path) -> None:
    (path,) = write_takes(tmp_path, [2])
    queue = ReviewQueue([tmp_path])
    path.unlink()
    with pytest.raises(TakeDamaged, match=path.name):
        queue.decide(1, ACCEPT)


def test_take_that_cannot_be_written_keeps_its_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = write_takes(tmp_path, [2])
    queue = ReviewQueue([tmp_path])
    path.with_name(f".{path.name}.7").mkdir()  # where Take.save would write
    monkeypatch.setattr("os.getpid", lambda: 7)
    with pytest.raises(UserError, match=r"cannot be written: Is a directory"):
        queue.decide(1, REJECT)
    assert states(queue) == [State.NEW]
    assert path.exists()


def test_damaged_takes_are_named_and_left_out_and_the_others_reviewed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = write_takes(tmp_path, [1, 1, 2, 3])
    content = paths[1].read_bytes()
    paths[1].write_bytes(content[: len(content) // 2] + bytes(40) + content[len(content) // 2 + 40 :])  # its landmarks
    paths[2].write_bytes(b"")
    with reviewing(tmp_path) as review:
        assert review.first_line.startswith("review 2 takes at ")
        assert review.stop() == 0
    assert review.output == "0 accepted, 0 accepted with another word, 0 rejected, 2 left, 2 damaged\n"
    for path, line in zip(paths[1:3], review.errors.splitlines(), strict=True):
        assert line.startswith(f"ishara-trainer: {path} is not a readable take: ")
        assert line.endswith("; it is left out, and stays where it is")
        assert path.exists()
    for path in (paths[0], paths[3]):
        path.unlink()
    assert trainer(["review", str(tmp_path)]) == 2
    assert f"no take can be read: {paths[1]} is not a readable take" in capsys.readouterr().err


def test_folder_without_takes_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trainer(["review", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"ishara-trainer: {tmp_path} holds no takes (*.take.npz)\n"
