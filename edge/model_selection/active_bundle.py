"""The bundle that the daemon uses: `--model`, else `[model] folder`, else the store's current one, else the shipped."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.config import SHIPPED_MODEL, ModelConfig
from edge.libraries import LibraryMissing, require_libraries
from edge.lifecycle.paths import HomeUnknown, state_folder
from models.bundle import Bundle, BundleRefused, open_bundle
from models.store import BundleStore, StoreUnusable

if TYPE_CHECKING:
    from models.signature import TrustedKeys

log = logging.getLogger(__name__)

STORE: Final = "models"


def store_folder(config: ModelConfig, environment: Mapping[str, str]) -> Path:
    """Return the folder of the bundle store, whether it exists or not. Raises HomeUnknown."""
    return config.store or state_folder(environment) / STORE


def open_store(config: ModelConfig, environment: Mapping[str, str]) -> BundleStore:
    """Open the bundle store, which requires signatures where trusted keys are configured.

    Raises BundleRefused where the keys cannot be read, HomeUnknown, LibraryMissing.
    """
    keys = None if config.trusted_keys is None else read_trusted_keys(config.trusted_keys)
    return BundleStore(store_folder(config, environment), keys, shipped=config.folder or SHIPPED_MODEL)


def find_store(config: ModelConfig, model: Path | None, environment: Mapping[str, str]) -> BundleStore | None:
    """Return the store that selects the bundle; None where an operator named a bundle or no store can be opened."""
    if model is not None or config.folder is not None:
        return None
    try:
        return open_store(config, environment)
    except (BundleRefused, HomeUnknown, LibraryMissing):  # opening the bundle reports it
        return None


def read_trusted_keys(folder: Path) -> "TrustedKeys":
    """Read the trusted keys. Raises BundleRefused where they cannot be read, LibraryMissing."""
    with require_libraries():  # not loaded where no keys are configured: the doctor must run without
        from models.signature import TrustedKeys
    return TrustedKeys.read(folder)


def find_active_bundle(config: ModelConfig, model: Path | None, environment: Mapping[str, str]) -> Path:
    """Return the folder of the active bundle, unopened; `model` is that of the command line. Raises StoreUnusable."""
    if (named := model or config.folder) is not None:
        return named
    try:
        return BundleStore(store_folder(config, environment)).current() or SHIPPED_MODEL
    except HomeUnknown:  # then there is no store either
        return SHIPPED_MODEL


def open_active_bundle(config: ModelConfig, model: Path | None, environment: Mapping[str, str]) -> Bundle:
    """Open the active bundle and no other. Raises BundleRefused, LibraryMissing, StoreUnusable."""
    folder = find_active_bundle(config, model, environment)
    if folder in (model, config.folder, SHIPPED_MODEL):
        return open_bundle(folder)
    return open_store(config, environment).open_compatible(folder)


def fall_back(
    config: ModelConfig, model: Path | None, environment: Mapping[str, str], refused: Exception
) -> Path | None:
    """Return the bundle to start with when the active one is refused; None for the store's, which was rolled back.

    A model that worked yesterday may be damaged, made for the landmarks of an older release, or signed by a key that
    has been revoked: the device continues with the previous one. Where store or trusted keys cannot be read, that is
    the shipped one, and the store is left unchanged. Raises `refused` where an operator named the bundle.
    """
    if model is not None or config.folder is not None:
        raise refused
    log.error("the installed model is refused: %s", refused)
    try:
        previous = open_store(config, environment).rollback(str(refused))
    except (BundleRefused, LibraryMissing, StoreUnusable) as error:
        log.warning("the model store is left unchanged (%s), and the shipped model is used", error)
        return SHIPPED_MODEL
    log.warning("%s is used instead", "the shipped model" if previous is None else previous.name)
    return None
