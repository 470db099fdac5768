"""Commands of root in the folder of a service, which only root may enter: what they write is the service's."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.edge.learning.teachable_bundle import NEW_PLACE, write_teachable_bundle
from tests.synthetic_signer import Sign, even_times, take

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to other users")

OWNER: Final = 60_124


class Device:
    """A device whose state and model are in folders that its service's user does not reach by their whole paths."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "private" / "state"
        self.state.mkdir(parents=True)
        self.state.parent.chmod(0o700)
        os.chown(self.state, OWNER, OWNER)
        (folder / "state").symlink_to("private/state")
        self.settings = {
            "ISHARA_LEARNING_ASKED_BY": "Reception",
            "ISHARA_MODEL_FOLDER": str(write_teachable_bundle(self.state.parent / "tiny")),
            "STATE_DIRECTORY": str(folder / "state"),
        }
        take(even_times(20, 3.0), Sign(1.0, 2.0, NEW_PLACE)).save(folder / "one.take.npz")

    def run(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "edge", *map(str, arguments)]
        settings = {**os.environ, **self.settings}
        return subprocess.run(command, cwd=self.folder, env=settings, capture_output=True, text=True, check=False)

    def teach(self, takes: int) -> "subprocess.CompletedProcess[str]":
        arguments = ["--person", "amal", "--word", "قهوة", "--takes", str(takes), "--source", "take:one.take.npz"]
        return self.run("teach", *arguments)

    def owners(self) -> set[int]:
        return {path.lstat().st_uid for path in self.state.rglob("*")}


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_learned_signs_are_of_the_service(device: Device) -> None:
    learned = device.teach(1)
    assert learned.returncode == 0, learned.stderr
    assert device.owners() == {OWNER}
    for head in device.state.rglob("head-*.npz"):
        head.unlink()
    assert device.teach(3).returncode == 1, "the stream has one take"
    assert [*device.state.rglob("head-*.npz")], "it was fitted again"
    assert device.owners() == {OWNER}


def test_learned_signs_are_exported_to_root_and_imported_for_the_service(device: Device) -> None:
    assert device.teach(1).returncode == 0
    file = device.folder / "private" / "learned.npz"
    exported = device.run("learning", "export", file)
    assert exported.returncode == 0, exported.stderr
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (0, 0o600)
    assert device.run("learning", "forget", "--all").returncode == 0
    imported = device.run("learning", "import", file)
    assert imported.returncode == 0, imported.stderr
    assert device.owners() == {OWNER}
    assert "version 1, 1 signs from 1 takes" in device.run("models", "list").stdout


def test_takes_are_listed_and_forgotten_though_the_service_may_not_read_the_python_of_root(device: Device) -> None:
    """A take that cannot be read would be neither listed nor deleted."""
    assert device.teach(1).returncode == 0
    listed = device.run("learning", "list")
    assert ("amal" in listed.stdout, listed.stderr) == (True, "")
    forgotten = device.run("learning", "forget", "--word", "قهوة")
    assert (forgotten.returncode, forgotten.stderr) == (0, "")
    assert not [*device.state.rglob("*.take.npz")]


def test_damaged_version_is_not_moved_by_root_who_lists_it(device: Device) -> None:
    assert device.teach(1).returncode == 0
    (version,) = device.state.rglob("000001.json")
    version.write_bytes(version.read_bytes()[:-5])
    precious = device.folder / "private" / "precious"
    precious.mkdir()
    (precious / version.name).write_text("{}")
    version.parent.rename(version.parent.with_name("aside"))
    version.parent.symlink_to(precious)
    os.chown(version.parent, OWNER, OWNER, follow_symlinks=False)
    assert "cannot be read: Permission denied" in device.run("models", "list").stderr
    device.run("doctor", "--bundle", "support.zip")
    assert (device.folder / "support.zip").exists()
    assert [path.name for path in precious.iterdir()] == [version.name]
