"""If an installation, activation or rollback is killed at any step, the old or the new model is active afterwards."""

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from landmarkers.tracking import FINGERPRINT
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from models.store import BundleStore
from tests.edge.tiny_bundle import write_bundle

KILLS: Final = int(os.environ.get("STORE_KILLS", "20"))
SEED: Final = 6
# Python's audit events of file system changes: https://docs.python.org/3/library/audit_events.html
STEPS: Final = {"open", "os.chmod", "os.chown", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"}

Operation = Callable[[BundleStore], object]


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose version 3 is active after version 2, and version 4 outside of it."""
    folder = tmp_path_factory.mktemp("material")
    store = BundleStore(folder / "models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.transactions.run_smoke_test", lambda *_: "")
        for version in (2, 3):
            store.install(write_bundle(folder / str(version), landmarker=FINGERPRINT, version=version), activate=True)
            store.pass_probation()
    write_bundle(folder / "4", landmarker=FINGERPRINT, version=4)
    return folder


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip what only takes time here.

    The smoke test runs in a separate process, which changes nothing. The kernel keeps what a killed process wrote
    without a sync (tests/models/test_durable.py covers syncing).
    """
    monkeypatch.setattr("models.transactions.run_smoke_test", lambda *_: "")
    monkeypatch.setattr(os, "fsync", lambda _: None)


def start(operation: Operation, root: Path, *, killed_at: int = 0) -> int:
    """Start the operation in a separate process, which kills itself before its step of that number."""
    process = os.fork()
    if process:
        return process
    steps = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        if event in STEPS and any(str(root) in str(one) for one in arguments):
            steps += 1
            if steps == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    code = 1
    try:
        operation(BundleStore(root))
        code = 0
    finally:
        os._exit(code)


def was_killed(process: int) -> bool:
    """Return True if the process was killed; fail if it failed in any other way."""
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def open_active(root: Path) -> Bundle:
    """Open the active bundle and run it on its probe."""
    store = BundleStore(root)
    current = store.current()
    assert current is not None
    bundle = store.open(current)
    OnnxClassifier(bundle)
    return bundle


def check_store(root: Path, material: Path, possible: set[int]) -> int:
    """Return the active version; check that nothing is incomplete and that installation and rollback still work."""
    version = open_active(root).manifest.version
    assert version in possible
    store = BundleStore(root)
    for one in store.installed():
        store.open(one.folder)
    on_probation = store.probation() is not None
    assert on_probation is (version == 4)
    store.install(material / "4", activate=True)
    assert open_active(root).manifest.version == 4
    assert store.probation() is not None
    assert list((root / "incoming").iterdir()) == []
    previous = store.rollback("check")
    assert previous is not None
    assert open_active(root).manifest.version in {2, 3}
    return version


def install(store: BundleStore, bundle: Path) -> None:
    store.install(bundle, activate=True)


@pytest.mark.parametrize("what", ["install", "activate", "rollback"])
def test_kill_at_any_step_leaves_a_working_model(what: str, material: Path, tmp_path: Path) -> None:
    before = Path(shutil.copytree(material / "models", tmp_path / "before", symlinks=True))
    operations: dict[str, tuple[Operation, set[int]]] = {
        "install": (lambda store: install(store, material / "4"), {3, 4}),
        "activate": (lambda store: store.activate(fourth), {3, 4}),
        "rollback": (lambda store: store.rollback("it recognises nothing"), {3, 2}),
    }
    fourth = BundleStore(before).install(material / "4") if what == "activate" else ""
    operation, possible = operations[what]
    seen, step, killed = set(), 0, True
    while killed:
        step += 1
        root = Path(shutil.copytree(before, tmp_path / str(step), symlinks=True))
        killed = was_killed(start(operation, root, killed_at=step))
        seen.add(check_store(root, material, possible))
        shutil.rmtree(root)
    assert step > 5
    assert seen == possible


def test_kills_at_random_times_leave_a_working_model(material: Path, tmp_path: Path) -> None:
    """Try until STORE_KILLS processes were killed before they ended."""
    generator, longest_s, kills, tries = random.Random(SEED), 0.2, 0, 0
    while kills < KILLS and tries < 20 * KILLS:
        tries += 1
        root = Path(shutil.copytree(material / "models", tmp_path / str(tries), symlinks=True))
        started = time.monotonic()
        process = start(lambda store: install(store, material / "4"), root)
        time.sleep(generator.uniform(0.0, longest_s))
        os.kill(process, signal.SIGKILL)
        if was_killed(process):
            kills += 1
        else:
            longest_s = 0.9 * min(longest_s, time.monotonic() - started)
        check_store(root, material, {3, 4})
        shutil.rmtree(root)
    assert kills == KILLS
