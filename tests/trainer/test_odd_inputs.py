"""The harness of the odd inputs notices what it is there to notice."""

from pathlib import Path

import pytest

from tests.trainer import odd_inputs


def test_refusal_is_one_sentence_and_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/note.txt").write_text("kept")
    assert "does not exist" in odd_inputs.refuse(
        "extract", tmp_path / "none", "--to", tmp_path / "takes", keep=tmp_path
    )
    assert "--to" in odd_inputs.refuse("extract", tmp_path, keep=tmp_path)


def test_what_changes_a_folder_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("kept")
    with pytest.raises(AssertionError, match=r"note\.txt"), odd_inputs.unchanged(tmp_path):
        (tmp_path / "note.txt").write_text("lost")
    with pytest.raises(AssertionError, match="new"), odd_inputs.unchanged(tmp_path):
        (tmp_path / "new").mkdir()


def test_traceback_and_success_are_no_refusals() -> None:
    for answer in (
        odd_inputs.Answer(0, "", ""),
        odd_inputs.Answer(1, "", "Traceback (most recent call last):\nOSError: [Errno 28] No space left on device\n"),
        odd_inputs.Answer(2, "", "ishara-trainer: one\nishara-trainer: two\n"),
        odd_inputs.Answer(2, "", "ishara-trainer: the clips a, b, \N{HORIZONTAL ELLIPSIS}\n"),
    ):
        with pytest.raises(AssertionError):
            _ = answer.sentence


def test_real_program_answers_as_the_function_does(tmp_path: Path) -> None:
    arguments = ("extract", tmp_path / "none", "--to", tmp_path / "takes")
    assert odd_inputs.run_program(*arguments).sentence == odd_inputs.run(*arguments).sentence
