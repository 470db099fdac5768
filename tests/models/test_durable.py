"""Installation syncs content before it renames, and names before the next step, so that a power cut does no harm."""

import os
from pathlib import Path

import pytest

from landmarkers.tracking import FINGERPRINT
from models.bundle import HASHED_FILES
from models.store import BundleStore
from tests.edge.tiny_bundle import write_bundle


def test_everything_is_synced_before_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, str]] = []
    fsync, rename, replace = os.fsync, Path.rename, Path.replace
    root = tmp_path / "models"

    def name(path: Path) -> str:
        return str(path.relative_to(root)) if path.is_relative_to(root) else ""

    def recorded_fsync(descriptor: int) -> None:
        calls.append(("sync", name(Path(f"/proc/self/fd/{descriptor}").readlink())))
        fsync(descriptor)

    def recorded_rename(path: Path, target: Path) -> Path:
        calls.append(("rename", name(target)))
        return rename(path, target)

    def recorded_replace(path: Path, target: Path) -> Path:
        calls.append(("rename", name(target)))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(Path, "rename", recorded_rename)
    monkeypatch.setattr(Path, "replace", recorded_replace)
    monkeypatch.setattr("models.transactions.run_smoke_test", lambda *_: "")
    installed = BundleStore(root).install(write_bundle(tmp_path / "tiny", landmarker=FINGERPRINT), activate=True)

    placed, switched = calls.index(("rename", installed)), calls.index(("rename", "current"))
    for file in (*HASHED_FILES, "manifest.json"):
        assert ("sync", f"incoming/.new/{file}") in calls[:placed]
    assert ("sync", "incoming/.new") in calls[:placed]
    assert ("sync", ".") in calls[placed:switched]
    journal_writes = [index for index, call in enumerate(calls) if call == ("rename", "journal.json")]
    assert placed < journal_writes[-1] < switched
    assert all(calls[index - 1] == ("sync", ".journal.json.new") for index in journal_writes)
    assert calls[switched + 1] == ("sync", ".")
