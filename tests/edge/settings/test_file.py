"""The file of the settings: written as a whole or not at all, with its versions, and on trial."""

import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from edge.settings.file import SettingsFile, SettingsRefused
from edge.settings.history import KEPT
from tests.edge.settings.trial import settle


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text("device = 'a0'\n")
    return path


def text(number: int) -> str:
    return f"# {'x' * 5000}\ndevice = 'a{number}'\n"


def use(file: SettingsFile) -> None:
    assert settle(file, is_used=True)


def test_undo_goes_back_change_by_change(path: Path) -> None:
    file = SettingsFile(path)
    for number in (1, 2, 3):
        file.write(text(number), "page")
        use(file)
    for number in (2, 1):
        file.undo()
        use(file)
        assert path.read_text() == text(number)
    assert [version.text for version in file.versions()] == ["device = 'a0'\n"]


def test_ten_versions_are_kept_for_this_user_alone(path: Path) -> None:
    file = SettingsFile(path)
    path.chmod(0o640)
    for number in range(1, KEPT + 4):
        file.write(text(number), "page")
    assert [version.text for version in file.versions()] == [text(number) for number in range(KEPT + 2, 2, -1)]
    folder = path.with_name("edge.toml.versions")
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o640


def test_refused_change_leaves_file_and_versions_as_they_were(path: Path) -> None:
    file = SettingsFile(path)
    file.write(text(1), "page")
    use(file)
    file.write(text(2), "page")
    assert SettingsFile(path).change_on_trial() is not None
    assert settle(SettingsFile(path), is_used=False)
    assert path.read_text() == text(1)
    assert [version.text for version in file.versions()] == ["device = 'a0'\n"]
    assert not settle(file, is_used=False)


def test_refused_undo_returns_to_the_text_that_was_undone(path: Path) -> None:
    file = SettingsFile(path)
    file.write(text(1), "page")
    use(file)
    file.undo()
    settle(file, is_used=False)
    assert path.read_text() == text(1)
    file.undo()
    use(file)
    assert path.read_text() == "device = 'a0'\n"


def test_change_by_hand_is_never_undone(path: Path) -> None:
    file = SettingsFile(path)
    file.write(text(1), "page")
    use(file)
    path.write_text("device = 'hand'\n")
    with pytest.raises(SettingsRefused, match="were changed by hand since"):
        file.undo()
    assert path.read_text() == "device = 'hand'\n"
    file.write(text(2), "page")
    path.write_text("device = 'other'\n")
    assert not settle(file, is_used=False)
    assert path.read_text() == "device = 'other'\n"


def test_new_file_that_is_refused_is_gone_again(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "edge.toml")
    file.write(text(1), "page")
    assert (tmp_path / "edge.toml").stat().st_mode & 0o777 == 0o600
    settle(file, is_used=False)
    assert file.read() is None
    with pytest.raises(SettingsRefused, match="can be undone"):
        file.undo()


def test_symlink_stays_one(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    SettingsFile(link).write(text(1), "page")
    assert link.is_symlink()
    assert path.read_text() == text(1)


def test_damaged_versions_are_left_out(path: Path) -> None:
    file = SettingsFile(path)
    file.write(text(1), "page")
    file.write(text(2), "page")
    folder = path.with_name("edge.toml.versions")
    (folder / "000002.json").write_bytes(b"{")
    (folder / "trial.json").write_bytes(b"\xff")
    assert [version.text for version in file.versions()] == ["device = 'a0'\n"]
    assert not settle(file, is_used=False)
    assert path.read_text() == text(2)


def test_full_disk_is_said_and_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SettingsRefused, match="cannot be written: No space left on device"):
        SettingsFile(path).write(text(1), "page")
    assert path.read_text() == "device = 'a0'\n"


def kill_at_call(number: int) -> None:
    """Have this process killed at so many calls that change the disk."""
    calls = count(1)

    def counted(change: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: Any, **named: Any) -> object:
            if next(calls) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments, **named)

        return call

    for name in ("fsync", "replace", "unlink", "fchmod"):
        setattr(os, name, counted(getattr(os, name)))


def run_until_killed(number: int, change: Callable[[], object]) -> bool:
    """Make a change in a process that is killed at a call; return False if it has fewer calls."""
    child = os.fork()
    if child == 0:
        kill_at_call(number)
        change()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_kill_at_any_moment_leaves_the_old_file_or_the_new_one(path: Path) -> None:
    file, seen = SettingsFile(path), set()
    for number in count(1):
        path.write_text(text(0))
        if not run_until_killed(number, lambda: file.write(text(1), "page")):
            break
        content = path.read_text()
        seen.add(content)
        assert content in (text(0), text(1))
        # The daemon starts with either, and gets back the old one if it refuses the new one.
        assert (file.change_on_trial() is not None) == (content == text(1))
        settle(file, is_used=False)
        assert path.read_text() == text(0)
        assert file.versions() == []
    assert number > 8
    assert seen == {text(0), text(1)}


@pytest.mark.parametrize("is_used", [True, False])
def test_kill_while_an_undo_is_made_or_settled_loses_nothing(path: Path, is_used: bool) -> None:
    file = SettingsFile(path)
    for number in count(1):
        file.remove()
        path.write_text(text(0))
        file.write(text(1), "page")
        use(file)

        def undo() -> None:
            file.undo()
            settle(file, is_used=is_used)

        if not run_until_killed(number, undo):
            break
        assert path.read_text() in (text(0), text(1))
        settle(file, is_used=is_used)
        if path.read_text() == text(1):
            file.undo()
            use(file)
        assert (path.read_text(), file.versions()) == (text(0), [])
    assert number > 6
