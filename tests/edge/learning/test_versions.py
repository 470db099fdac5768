"""The versions of what was learned, as files that several programs may change at any moment."""

from pathlib import Path

import pytest

from edge.learned.versions import MAX_VERSIONS, Change, LearnedVersions, Version, VersionsUnusable
from models.labels import Sign

COFFEE = Sign(sign_id=1_500_000, word="قهوة", word_en="coffee")
TEA = Sign(sign_id=1_600_000, word="شاي", word_en="tea")


def put(folder: Path, person: str, sign: Sign, number: int) -> str:
    """Write something in the place of a take; return the take's name."""
    name = f"{person}/train/{sign.sign_id}/{number:02}"
    path = folder / "takes" / f"{name}.take.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"{person} {number}".encode())
    return name


def add(versions: LearnedVersions, person: str, sign: Sign, *takes: str) -> Version:
    return versions.apply(Change("taught", sign, person, (sign,), takes), lambda _version: None)


def names(version: Version | None) -> list[str]:
    return [] if version is None else [one.take for one in version.takes]


def test_undo_returns_to_the_version_before_and_names_the_takes_that_it_leaves(tmp_path: Path) -> None:
    versions = LearnedVersions(tmp_path)
    first, second = put(tmp_path, "amal", COFFEE, 1), put(tmp_path, "amal", TEA, 1)
    add(versions, "amal", COFFEE, first)
    add(versions, "amal", TEA, second)
    assert names(versions.current()) == [first, second]
    undone = versions.undo()
    assert undone is not None
    assert (undone[0].sign, undone[1]) == (TEA, [versions.path_of(second)])
    assert names(versions.current()) == [first]
    versions.undo()
    assert versions.current() is None
    assert versions.undo() is None


def test_refused_version_changes_nothing(tmp_path: Path) -> None:
    versions = LearnedVersions(tmp_path)
    add(versions, "amal", COFFEE, put(tmp_path, "amal", COFFEE, 1))

    def refuse(_version: Version) -> None:
        raise VersionsUnusable("it does not fit")

    with pytest.raises(VersionsUnusable, match="fit"):
        versions.apply(Change("taught", TEA, "amal", (TEA,), [put(tmp_path, "amal", TEA, 1)]), refuse)
    current = versions.current()
    assert current is not None
    assert (current.version, current.sign) == (1, COFFEE)


def test_forgotten_person_is_in_no_version(tmp_path: Path) -> None:
    versions = LearnedVersions(tmp_path)
    of_sami = put(tmp_path, "sami", TEA, 1)
    add(versions, "amal", COFFEE, put(tmp_path, "amal", COFFEE, 1))
    add(versions, "sami", TEA, of_sami)
    add(versions, "amal", COFFEE, put(tmp_path, "amal", COFFEE, 2))
    (versions.folder / "head-0.npz").write_bytes(b"fitted")
    versions.path_of(of_sami).unlink()
    (versions.folder / "000000.json.damaged").write_text("sami")
    assert versions.forget_missing()
    assert not versions.forget_missing()
    written = b"".join(path.read_bytes() for path in versions.folder.iterdir())
    assert b"sami" not in written
    assert TEA.word.encode() not in written
    assert not [*versions.folder.glob("head-*")]
    assert [(one.version, one.person) for one in versions.history()] == [(4, "amal"), (1, "amal")]


def test_nothing_is_left_of_a_person_by_a_program_that_was_killed_before_its_version_was_written(
    tmp_path: Path,
) -> None:
    versions = LearnedVersions(tmp_path)
    versions.folder.mkdir()
    for name in ("head-0.npz", ".head-1.npz.new", ".000001.json.new"):
        (versions.folder / name).write_bytes(b"sami")
    assert not versions.forget_missing()
    assert b"sami" not in b"".join(path.read_bytes() for path in versions.folder.iterdir())


def test_take_of_the_same_name_is_not_taken_for_the_one_that_was_learned(tmp_path: Path) -> None:
    versions = LearnedVersions(tmp_path)
    name = put(tmp_path, "amal", COFFEE, 1)
    version = add(versions, "amal", COFFEE, name)
    versions.path_of(name).write_bytes(b"another")
    assert versions.whole(version) == ()


def test_damaged_version_is_put_aside_for_the_one_before(tmp_path: Path) -> None:
    versions = LearnedVersions(tmp_path)
    add(versions, "amal", COFFEE, put(tmp_path, "amal", COFFEE, 1))
    add(versions, "amal", TEA, put(tmp_path, "amal", TEA, 1))
    newest = versions.folder / "000002.json"
    newest.write_bytes(newest.read_bytes()[:-5])
    current = versions.current()
    assert current is not None
    assert current.version == 1
    assert (versions.folder / "000002.json.damaged").exists()


def test_only_the_latest_versions_are_kept(tmp_path: Path) -> None:
    versions = LearnedVersions(tmp_path)
    for number in range(1, MAX_VERSIONS + 4):
        add(versions, "amal", COFFEE, put(tmp_path, "amal", COFFEE, number))
    assert [one.version for one in versions.history()] == [*range(MAX_VERSIONS + 3, 3, -1)]
    assert (tmp_path.stat().st_mode & 0o777, versions.folder.stat().st_mode & 0o777) == (0o700, 0o700)


def test_word_that_nobody_signs_any_more_stands_in_no_version(tmp_path: Path) -> None:
    versions = LearnedVersions(tmp_path)
    add(versions, "sami", TEA, put(tmp_path, "sami", TEA, 1))
    name = put(tmp_path, "amal", COFFEE, 1)
    add(versions, "amal", COFFEE, name)
    versions.path_of(name).unlink()
    assert versions.forget_missing()
    written = [path.read_text() for path in versions.folder.glob("*.json")]
    assert written
    assert not any(COFFEE.word in text for text in written)


def test_no_version_is_left_without_a_take(tmp_path: Path) -> None:
    versions = LearnedVersions(tmp_path)
    names = [put(tmp_path, "amal", COFFEE, number) for number in (1, 2)]
    for name in names:
        add(versions, "amal", COFFEE, name)
    for name in names:
        versions.path_of(name).unlink()
    assert versions.forget_missing()
    assert versions.history() == []
    assert versions.undo() is None
