"""`ishara-edge teach` with a recorded stream."""

from pathlib import Path

import pytest

from edge.__main__ import main
from edge.teach.command import TerminalGuide
from tests.edge.learning.teachable_bundle import NEW_PLACE, write_teachable_bundle
from tests.synthetic_signer import Sign, even_times, take


@pytest.fixture
def teach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the arguments that teach a word from a stream with one take of it."""
    monkeypatch.setenv("ISHARA_LEARNING_ASKED_BY", "Reception")
    bundle = write_teachable_bundle(tmp_path / "tiny")
    take(even_times(20, 3.0), Sign(1.0, 2.0, NEW_PLACE)).save(tmp_path / "one.take.npz")
    source = ["--source", f"take:{tmp_path / 'one.take.npz'}", "--model", str(bundle)]
    return ["teach", "--person", "amal", "--word", "قهوة", "--takes", "1", *source]


def takes(folder: Path) -> list[Path]:
    return list(folder.rglob("learning-*/**/*.take.npz"))


def test_word_of_a_recorded_stream_is_learned(
    teach: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(teach) == 0
    assert "version 1 is learned" in capsys.readouterr().out
    assert len(takes(tmp_path)) == 1


def test_nothing_is_kept_once_the_consent_was_withdrawn(
    teach: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def accept(_: TerminalGuide) -> None:
        assert main(["learning", "consent", "--stop"]) == 0

    monkeypatch.setattr(TerminalGuide, "accept", accept)
    assert main(teach) == 2
    assert "the consent has ended" in capsys.readouterr().err
    assert not takes(tmp_path)


def test_wrong_arguments_are_refused_in_a_sentence(teach: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*teach, "--person", "a@b.example"]) == 2
    assert "this cannot be taught: person: a person has a name or pseudonym" in capsys.readouterr().err
