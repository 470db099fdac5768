"""A store in which a model serves, and bundles to install in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from landmarkers.tracking import FINGERPRINT
from models.store import BundleStore
from tests.edge.tiny_bundle import write_bundle
from tests.models.stock import MakeBundle


@pytest.fixture
def make(tmp_path: Path) -> MakeBundle:
    """Makes bundles for this device's landmarks."""

    def bundle(version: int, **options: Any) -> Path:
        folder = tmp_path / f"made-{len(list(tmp_path.glob('made-*')))}"
        return write_bundle(folder, **{"landmarker": FINGERPRINT, "version": version, **options})

    return bundle


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose third version serves."""
    folder = tmp_path_factory.mktemp("stocked")
    store = BundleStore(folder / "models")
    store.install(write_bundle(folder / "tiny", landmarker=FINGERPRINT), activate=True)
    store.pass_probation()
    return store.root


@pytest.fixture
def store(stocked: Path, tmp_path: Path) -> Iterator[BundleStore]:
    """That store; nothing is left on the way in it, whatever is refused."""
    store = BundleStore(shutil.copytree(stocked, tmp_path / "models", symlinks=True))
    yield store
    assert list((store.root / "incoming").glob("*")) == []
