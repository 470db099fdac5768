"""Checks of a store, and changes of a bundle, for the tests of the store."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.bundle import BundleRefused
from models.store import BundleStore, StoreUnusable

MakeBundle = Callable[..., Path]


def active_version(store: BundleStore) -> int:
    """The version of the active bundle, as the daemon would open it."""
    current = store.current()
    assert current is not None
    return store.open(current).manifest.version


def refusal(store: BundleStore, path: Path, **options: Any) -> str:
    """The sentence with which a bundle is refused; the store is unchanged."""
    before = sorted(store.root.glob("*/*"))
    with pytest.raises((BundleRefused, StoreUnusable)) as refused:
        store.install(path, activate=True, **options)
    assert sorted(store.root.glob("*/*")) == before
    assert active_version(store) == 3
    sentence = str(refused.value)
    assert "\n" not in sentence
    return sentence


def change_manifest(bundle: Path, **changes: object) -> Path:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps(manifest | changes))
    return bundle


def pack(bundle: Path, top: str = "tiny") -> Path:
    with tarfile.open(bundle.with_suffix(".tar"), "w") as tar:
        tar.add(bundle, top)
    return bundle.with_suffix(".tar")
