"""`ishara-edge config history` and `config undo`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.settings.file import SettingsFile
from tests.edge.settings.trial import settle


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text("device = 'hall'  # above the door\n")
    return path


def change(path: Path, device: str) -> None:
    SettingsFile(path).write(f"device = '{device}'\n", "page")
    settle(SettingsFile(path), is_used=True)


def test_history_is_listed_and_undone(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "history", "--config", str(path)]) == 0
    assert "have not been changed" in capsys.readouterr().out
    change(path, "door")
    change(path, "attic")
    assert main(["config", "history", "--config", str(path)]) == 0
    newest, oldest = capsys.readouterr().out.splitlines()
    assert newest.endswith("page: device from door to attic")
    assert oldest.endswith("page: device from hall to door")
    assert main(["config", "history", "--json", "--config", str(path)]) == 0
    assert [version["number"] for version in json.loads(capsys.readouterr().out)["versions"]] == [2, 1]
    for device in ("door", "hall"):
        assert main(["config", "undo", "--config", str(path)]) == 0
        assert f"+device = '{device}'" in capsys.readouterr().out
    assert path.read_text() == "device = 'hall'  # above the door\n"
    assert main(["config", "undo", "--config", str(path)]) == 2
    assert "can be undone" in capsys.readouterr().err


def test_settings_that_are_wrong_can_be_undone(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    SettingsFile(path).write("devise = 'x'\n", "page")
    assert main(["config", "undo", "--config", str(path)]) == 0
    assert path.read_text() == "device = 'hall'  # above the door\n"


@pytest.mark.parametrize("action", ["history", "undo"])
def test_without_a_file_there_are_no_changes(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", action]) == 2
    assert "there is no file of settings; name one with --config" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to other users")
def test_root_leaves_the_file_to_the_user_of_the_service(path: Path) -> None:
    change(path, "door")
    service = 64_242
    for folder in (path.parent, path.with_name("edge.toml.versions")):
        os.chown(folder, service, service)
        for file in folder.iterdir():
            os.chown(file, service, service)
    command = [sys.executable, "-m", "edge", "config", "undo", "--config", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)
    assert result.returncode == 0, result.stderr
    assert path.read_text() == "device = 'hall'  # above the door\n"
    assert path.stat().st_uid == service


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to other users")
def test_root_reads_nothing_for_the_user_of_the_service_that_this_one_may_not_read(path: Path) -> None:
    change(path, "door")
    service, versions = 64_242, path.with_name("edge.toml.versions")
    (path.parent / "root").mkdir(mode=0o700)
    (version,) = versions.glob("0*.json")
    version.rename(path.parent / "root" / version.name)
    version.symlink_to(path.parent / "root" / version.name)
    for one in (path.parent, path, versions):
        os.chown(one, service, service)
    command = [sys.executable, "-m", "edge", "config", "history", "--config", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)
    assert result.returncode == 0, result.stderr
    assert "have not been changed" in result.stdout
