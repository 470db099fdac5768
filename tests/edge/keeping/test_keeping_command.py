"""`ishara-edge learning` in the folder of a device."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.consent.learning_folder import LearningFolder
from edge.keeping.arguments import MAX_MINUTES
from edge.learned.versions import Change, LearnedVersions
from edge.learning.transfer import read_learned
from edge.requests import MAX_CONSENT_MINUTES
from landmarkers.consent import Consent, Purpose
from models.labels import read_labels
from tests.edge.consent.desk import TAKES
from tests.edge.tiny_bundle import SIGNS

Run = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LearningFolder:
    """Return the folder of a device with two takes of one person and one of another."""
    monkeypatch.setenv("ISHARA_LEARNING_ASKED_BY", "Reception")
    folder = LearningFolder(tmp_path / "state" / "ishara" / "learning-ishara")
    for person, sign, days_ago in (("مريم", 0, 1), ("مريم", 1, 10), ("علي", 0, 10)):
        consent = Consent(
            person=person,
            asked_by="Reception",
            asked_at=datetime.now(UTC) - timedelta(days=days_ago),
            purpose=Purpose.TRAINING,
            words="May we?",
            days=30,
        )
        folder.save(TAKES[sign].stored(), SIGNS[sign], consent)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_(*arguments: str, code: int = 0) -> str:
        assert main(["learning", *arguments]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    return run_


def kept(folder: LearningFolder) -> list[tuple[str | None, int | None]]:
    return sorted((take.person, take.provenance.sign_id) for take in folder.takes())


def test_takes_are_listed_with_their_consents(folder: LearningFolder, run: Run) -> None:
    rows = run("list").splitlines()
    assert len(rows) == 4
    assert rows[-1] == "3 takes in all"
    asked = (datetime.now(UTC) - timedelta(days=10)).date()
    assert rows[0].startswith(f"علي: {SIGNS[0].word} ")
    assert f": 1 take, asked {asked} by Reception, for the purpose training, kept until " in rows[0]
    (take,) = json.loads(run("list", "--json", "--person", "علي"))["takes"]
    assert (take["word"], take["consent"]["words"], take["said"]) == (SIGNS[0].word, "May we?", None)
    assert run("list", "--word", SIGNS[1].word_en).splitlines()[-1] == "1 take in all"


def test_person_is_forgotten_with_what_was_learned_and_the_consent_in_force(folder: LearningFolder, run: Run) -> None:
    versions = LearnedVersions(folder.folder)
    names = [versions.name_of(take.path) for take in folder.takes()]
    versions.apply(Change("taught", person="مريم", signs=SIGNS[:2], add=names), lambda _: None)
    damaged = folder.takes_folder / "مريم" / "train" / "0076" / "07.take.npz"
    damaged.write_bytes(b"PK")
    run("consent", "--person", "مريم")
    assert "the consent in force has ended" in run("forget", "--person", "مريم")
    assert kept(folder) == [("علي", SIGNS[0].sign_id)]
    assert [sign.sign_id for sign in read_labels(folder.takes_folder / "labels.json")] == [SIGNS[0].sign_id]
    assert run("consent").strip() == "no takes are kept now"
    current = versions.current()
    assert current is not None
    assert [one.take.partition("/")[0] for one in current.takes] == ["علي"]
    assert not any("مريم" in str(path) for path in folder.folder.rglob("*"))


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        (["--word", SIGNS[0].word], [("مريم", 75)]),
        (["--word", "75"], [("علي", 76), ("مريم", 76)]),
        (["--person", "مريم", "--word", SIGNS[0].word_en], [("علي", 76), ("مريم", 75)]),
        (["--before", f"{datetime.now(UTC) - timedelta(days=5):%Y-%m-%dT%H:%M}"], [("مريم", 76)]),
        (["--after", f"{datetime.now(UTC) - timedelta(days=5):%Y-%m-%d}"], [("علي", 76), ("مريم", 75)]),
        (["--all"], []),
    ],
)
def test_takes_are_forgotten_by_word_and_by_time(
    folder: LearningFolder, run: Run, limits: list[str], left: list[tuple[str, int]]
) -> None:
    run("forget", *limits)
    assert kept(folder) == left


def test_everything_is_forgotten_only_where_that_is_said(folder: LearningFolder, run: Run) -> None:
    assert "--all" in run("forget", code=2)
    assert len(kept(folder)) == 3


def test_consent_begins_is_shown_and_ends(folder: LearningFolder, run: Run) -> None:
    begun = run("consent", "--person", "مريم", "--purpose", "training", "--minutes", "5")
    assert "train the next model" in begun
    assert "takes of مريم are kept until" in run("consent")
    assert run("consent", "--stop").strip() == "no takes are kept now"


def test_nothing_is_kept_where_it_is_not_configured(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    assert "has no section [learning]" in run("consent", "--person", "مريم", code=2)
    monkeypatch.setenv("ISHARA_LEARNING_ASKED_BY", "Reception")
    monkeypatch.setenv("ISHARA_LEARNING_KEEP", "none")
    assert 'keep is "none"' in run("consent", "--person", "مريم", code=2)
    assert run("list").strip() == "0 takes in all"


def test_damaged_labels_keep_nobody_from_being_forgotten(folder: LearningFolder, run: Run) -> None:
    versions = LearnedVersions(folder.folder)
    names = [versions.name_of(take.path) for take in folder.takes()]
    versions.apply(Change("taught", person="مريم", signs=SIGNS[:2], add=names), lambda _: None)
    (folder.takes_folder / "labels.json").write_text("{")
    assert "labels.json is not a list of signs" in run("forget", "--person", "مريم", code=2)
    assert kept(folder) == [("علي", SIGNS[0].sign_id)]
    current = versions.current()
    assert current is not None
    assert len(current.takes) == 1


def test_no_empty_file_is_left_where_nothing_was_learned(run: Run, tmp_path: Path) -> None:
    assert "has learned nothing" in run("export", str(tmp_path / "learned.npz"), code=2)
    assert not (tmp_path / "learned.npz").exists()


def test_earlier_export_stays_unless_there_is_a_new_one(folder: LearningFolder, run: Run, tmp_path: Path) -> None:
    exported = tmp_path / "learned.npz"
    exported.write_bytes(b"earlier" * 100_000)
    assert "has learned nothing" in run("export", str(exported), code=2)
    assert exported.read_bytes() == b"earlier" * 100_000
    versions = LearnedVersions(folder.folder)
    names = [versions.name_of(take.path) for take in folder.takes()]
    versions.apply(Change("taught", person="مريم", signs=SIGNS[:2], add=names), lambda _: None)
    assert "/dev/full cannot be written: No space left" in run("export", "/dev/full", code=2)
    run("export", str(exported), code=0)
    with exported.open("rb") as file:
        assert len(read_learned(file, "the file").takes) == 3
    new = tmp_path / "new.npz"
    run("export", str(new))
    assert new.stat().st_mode & 0o077 == 0
    (link := tmp_path / "link.npz").symlink_to(tmp_path / "behind.npz")
    run("export", str(link))
    first = link.stat()
    run("export", str(link))
    assert link.is_symlink()
    assert (link.stat().st_ino, first.st_mode & 0o077) == (first.st_ino, 0), (
        "the system decides whether a link may be followed"
    )


def test_nothing_is_imported_where_nothing_is_kept(run: Run, tmp_path: Path) -> None:
    (tmp_path / "learned.npz").write_bytes(b"")
    assert "has no section [learning]" in run("import", str(tmp_path / "learned.npz"), code=2)


def test_address_is_refused_as_a_person(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("consent", "--person", "a@b.example")
    assert "a person has a name or pseudonym" in capsys.readouterr().err


def test_command_line_and_remote_command_have_the_same_limit() -> None:
    assert MAX_MINUTES == MAX_CONSENT_MINUTES


def test_consent_of_before_is_forgotten_where_nothing_is_kept_any_more(
    folder: LearningFolder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("consent", "--person", "مريم")
    monkeypatch.delenv("ISHARA_LEARNING_ASKED_BY")
    run("forget", "--person", "مريم")
    assert not [path for path in folder.folder.rglob("*") if path.is_file() and "مريم".encode() in path.read_bytes()]
