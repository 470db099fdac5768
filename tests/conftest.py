"""The real recordings, and the synthetic takes, run and bundle that stand in for them."""

import os
import signal
from pathlib import Path

import pytest

from tests.synthetic_takes import write_takes
from trainer.cli.main import main as trainer

SHARED = Path(__file__).parents[2] / "shared"

# A shell may have these signals ignored in the background (`nohup`, `&`), which every started program inherits.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


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


@pytest.fixture(scope="session")
def synthetic_takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return takes of four synthetic signs with a labels file, as extraction writes them."""
    folder = tmp_path_factory.mktemp("takes")
    write_takes(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_run(synthetic_takes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run on the synthetic takes, made with the command line."""
    run = tmp_path_factory.mktemp("runs") / "tiny"
    command = ["train", "--takes", str(synthetic_takes), "--run", str(run), "--recipe", "trial"]
    assert trainer([*command, "--validation", "0.3", "--threads", "1"]) == 0
    return run


@pytest.fixture
def without_smoke_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the smoke test of installed bundles, which tests/models/test_smoke.py covers."""
    monkeypatch.setattr("models.transactions.run_smoke_test", lambda *_: "")


@pytest.fixture(scope="session")
def tiny_bundle(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundle of the tiny run."""
    bundle = tmp_path_factory.mktemp("bundles") / "tiny"
    assert trainer(["export", str(tiny_run), "--to", str(bundle), "--name", "tiny", "--threshold", "0.3"]) == 0
    return bundle
