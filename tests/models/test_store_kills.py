"""Wherever an installation, activation or rollback is killed, the old or the new model serves afterwards."""

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

KILLS: Final = int(os.environ.get("STORE_KILLS", "40"))
SEED: Final = 6
# What changes a folder, as Python tells of it: https://docs.python.org/3/library/audit_events.html
STEPS: Final = {"open", "os.chmod", "os.chown", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"}

Work = Callable[[BundleStore], object]


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose third version serves and whose second served before, and a fourth version outside."""
    folder = tmp_path_factory.mktemp("material")
    store = BundleStore(folder / "models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.store.run_smoke_test", lambda *_: "")
        for version in (2, 3):
            store.install(write_bundle(folder / str(version), landmarker=FINGERPRINT, version=version), activate=True)
            store.pass_probation()
    write_bundle(folder / "4", landmarker=FINGERPRINT, version=4)
    return folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what only takes time here.

    The network is tried in a process of its own, which changes nothing; what a killed process wrote the kernel keeps
    without being asked to put it onto the disk (that it is asked to, tests/models/test_durable.py shows).
    """
    monkeypatch.setattr("models.store.run_smoke_test", lambda *_: "")
    monkeypatch.setattr(os, "fsync", lambda _: None)


def start(work: Work, root: Path, *, killed_at: int = 0) -> int:
    """Begin the work in a process of its own, which kills itself before its step of that number."""
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
        work(BundleStore(root))
        code = 0
    finally:
        os._exit(code)


def was_killed(process: int) -> bool:
    """Whether it was; it has not failed in any other way."""
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def serving(root: Path) -> Bundle:
    """The bundle that serves, having read its probe."""
    store = BundleStore(root)
    current = store.current()
    assert current is not None
    bundle = store.open(current)
    OnnxClassifier(bundle)
    return bundle


def look_over(root: Path, material: Path, possible: set[int]) -> int:
    """The version that serves; nothing is half done, and the next installation succeeds and can be gone back from."""
    version = serving(root).manifest.version
    assert version in possible
    store = BundleStore(root)
    for one in store.installed():
        store.open(one.folder)
    on_probation = store.probation() is not None
    assert on_probation is (version == 4)
    store.install(material / "4", activate=True)
    assert serving(root).manifest.version == 4
    assert store.probation() is not None
    assert list((root / "incoming").iterdir()) == []
    back = store.rollback("to see that it can")
    assert back is not None
    assert serving(root).manifest.version in {2, 3}
    return version


def install(store: BundleStore, bundle: Path) -> None:
    store.install(bundle, activate=True)


@pytest.mark.parametrize("what", ["install", "activate", "rollback"])
def test_a_kill_at_any_step_leaves_a_model_that_works(what: str, material: Path, tmp_path: Path) -> None:
    before = Path(shutil.copytree(material / "models", tmp_path / "before", symlinks=True))
    works: dict[str, tuple[Work, set[int]]] = {
        "install": (lambda store: install(store, material / "4"), {3, 4}),
        "activate": (lambda store: store.activate(fourth), {3, 4}),
        "rollback": (lambda store: store.rollback("it reads nothing"), {3, 2}),
    }
    fourth = BundleStore(before).install(material / "4") if what == "activate" else ""
    work, possible = works[what]
    seen, step, killed = set(), 0, True
    while killed:
        step += 1
        root = Path(shutil.copytree(before, tmp_path / str(step), symlinks=True))
        killed = was_killed(start(work, root, killed_at=step))
        seen.add(look_over(root, material, possible))
        shutil.rmtree(root)
    assert step > 5
    assert seen == possible


def test_kills_at_random_moments_leave_a_model_that_works(material: Path, tmp_path: Path) -> None:
    """STORE_KILLS says how many; as many as it takes for that many to come in time."""
    chance, longest_s, kills, tries = random.Random(SEED), 0.2, 0, 0
    while kills < KILLS and tries < 20 * KILLS:
        tries += 1
        root = Path(shutil.copytree(material / "models", tmp_path / str(tries), symlinks=True))
        began = time.monotonic()
        process = start(lambda store: install(store, material / "4"), root)
        time.sleep(chance.uniform(0.0, longest_s))
        os.kill(process, signal.SIGKILL)
        if was_killed(process):
            kills += 1
        else:
            longest_s = 0.9 * min(longest_s, time.monotonic() - began)
        look_over(root, material, {3, 4})
        shutil.rmtree(root)
    assert kills == KILLS
