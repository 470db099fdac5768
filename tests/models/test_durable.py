"""A power cut finds on the disk what a rename put in place: content before names, names before the next step."""

import os
from pathlib import Path

import pytest

from landmarkers.tracking import FINGERPRINT
from models.bundle import HASHED_FILES
from models.store import BundleStore
from tests.edge.tiny_bundle import write_bundle


def test_everything_is_on_the_disk_before_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, str]] = []
    fsync, rename, replace = os.fsync, Path.rename, Path.replace
    root = tmp_path / "models"

    def name(path: Path) -> str:
        return str(path.relative_to(root)) if path.is_relative_to(root) else ""

    def noted_fsync(descriptor: int) -> None:
        done.append(("sync", name(Path(f"/proc/self/fd/{descriptor}").readlink())))
        fsync(descriptor)

    def noted_rename(path: Path, to: Path) -> Path:
        done.append(("rename", name(to)))
        return rename(path, to)

    def noted_replace(path: Path, to: Path) -> Path:
        done.append(("rename", name(to)))
        return replace(path, to)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    monkeypatch.setattr(Path, "replace", noted_replace)
    monkeypatch.setattr("models.store.run_smoke_test", lambda *_: "")
    installed = BundleStore(root).install(write_bundle(tmp_path / "tiny", landmarker=FINGERPRINT), activate=True)

    placed, switched = done.index(("rename", installed)), done.index(("rename", "current"))
    for file in (*HASHED_FILES, "manifest.json"):
        assert ("sync", f"incoming/.new/{file}") in done[:placed]
    assert ("sync", "incoming/.new") in done[:placed]
    assert ("sync", ".") in done[placed:switched]
    told = [number for number, one in enumerate(done) if one == ("rename", "journal.json")]
    assert placed < told[-1] < switched
    assert all(done[number - 1] == ("sync", ".journal.json.new") for number in told)
    assert done[switched + 1] == ("sync", ".")
