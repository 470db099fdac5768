"""The real recordings, and the synthetic takes, run and bundle that stand in for them."""

import fcntl
import gc
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.synthetic_takes import write_takes
from trainer.cli.main import main as trainer

SHARED = Path(__file__).parents[2] / "shared"

# A shell may have these signals ignored in the background (`nohup`, `&`), which every started program inherits.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="module", autouse=True)
def _freeze_imports() -> None:
    """Leave imports out of later collections of garbage: each daemon that ends within a test makes one."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def karsl() -> Path:
    """Return the real clips beside the checkout. CI has them; without them, as in a user's clone, tests are skipped."""
    folder = SHARED / "karsl"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI must have real clips in {folder}")
        pytest.skip(f"no real clips in {folder}")
    return folder


@pytest.fixture(scope="session")
def sample_image() -> Path:
    """Return an image of a person from matplotlib, which MediaPipe brings along."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that is made in the first process of the tests which needs it; the others wait for it.

    No test may change what is in it.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made-once" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            make(unfinished)
            unfinished.rename(folder)
    return folder


def train_or_export(*arguments: str | Path) -> None:
    assert trainer(list(map(str, arguments))) == 0


@pytest.fixture(scope="session")
def synthetic_takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return takes of four synthetic signs with a labels file, as extraction writes them."""
    return made_once(tmp_path_factory, "takes", write_takes)


@pytest.fixture(scope="session")
def tiny_run(synthetic_takes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run on the synthetic takes, made with the command line."""
    command = ("train", "--takes", synthetic_takes, "--recipe", "trial", "--validation", "0.3", "--threads", "1")
    return made_once(tmp_path_factory, "runs/tiny", lambda run: train_or_export(*command, "--run", run))


@pytest.fixture
def without_smoke_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the smoke test of installed bundles, which tests/models/test_smoke.py covers."""
    monkeypatch.setattr("models.transactions.run_smoke_test", lambda *_: "")


@pytest.fixture(scope="session")
def tiny_bundle(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundle of the tiny run."""
    command = ("export", tiny_run, "--name", "tiny", "--threshold", "0.3")
    return made_once(tmp_path_factory, "bundles/tiny", lambda bundle: train_or_export(*command, "--to", bundle))
