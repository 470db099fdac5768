"""A store with an active model, and bundles to install in it."""

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
    """Return a function that writes bundles for this device's landmarks."""

    def bundle(version: int, **options: Any) -> Path:
        folder = tmp_path / f"made-{len(list(tmp_path.glob('made-*')))}"
        return write_bundle(folder, **{"landmarker": FINGERPRINT, "version": version, **options})

    return bundle


@pytest.fixture(scope="session")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose active bundle has version 3."""
    folder = tmp_path_factory.mktemp("store")
    store = BundleStore(folder / "models")
    store.install(write_bundle(folder / "tiny", landmarker=FINGERPRINT), activate=True)
    store.pass_probation()
    return store.root


@pytest.fixture
def store(filled_store: Path, tmp_path: Path) -> Iterator[BundleStore]:
    """A copy of that store, whose incoming folder is empty afterwards, whatever is refused."""
    store = BundleStore(shutil.copytree(filled_store, tmp_path / "models", symlinks=True))
    yield store
    assert list((store.root / "incoming").glob("*")) == []
