"""Which bundle the daemon reads: `--model`, else `[model] folder`, else the store's `current`, else the shipped one."""

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
    """Where the store of bundles lies, whether there is one or not. Raises HomeUnknown."""
    return config.store or state_folder(environment) / STORE


def open_store(config: ModelConfig, environment: Mapping[str, str]) -> BundleStore:
    """The store of bundles, which asks for signatures where trusted keys are configured.

    Raises BundleRefused where these cannot be read, HomeUnknown, LibraryMissing.
    """
    keys = None if config.trusted_keys is None else read_trusted_keys(config.trusted_keys)
    return BundleStore(store_folder(config, environment), keys, shipped=config.folder or SHIPPED_MODEL)


def find_store(config: ModelConfig, model: Path | None, environment: Mapping[str, str]) -> BundleStore | None:
    """The store that says what is read; None where an operator named a bundle, or where no store can be opened."""
    if model is not None or config.folder is not None:
        return None
    try:
        return open_store(config, environment)
    except (BundleRefused, HomeUnknown, LibraryMissing):  # whoever reads the bundle says so
        return None


def read_trusted_keys(folder: Path) -> "TrustedKeys":
    """The keys that are trusted. Raises BundleRefused where they cannot be read, LibraryMissing."""
    with require_libraries():  # not loaded where no keys are configured: the doctor must run without
        from models.signature import TrustedKeys
    return TrustedKeys.read(folder)


def find_active_bundle(config: ModelConfig, model: Path | None, environment: Mapping[str, str]) -> Path:
    """The folder of the bundle that is to be read, unopened. Raises StoreUnusable."""
    if (named := model or config.folder) is not None:
        return named
    try:
        return BundleStore(store_folder(config, environment)).current() or SHIPPED_MODEL
    except HomeUnknown:  # then there is no store either
        return SHIPPED_MODEL


def open_active_bundle(config: ModelConfig, model: Path | None, environment: Mapping[str, str]) -> Bundle:
    """The bundle that is to be read, and no other. Raises BundleRefused, LibraryMissing, StoreUnusable."""
    folder = find_active_bundle(config, model, environment)
    if folder in (model, config.folder, SHIPPED_MODEL):
        return open_bundle(folder)
    return open_store(config, environment).open_compatible(folder)


def fall_back(
    config: ModelConfig, model: Path | None, environment: Mapping[str, str], refused: Exception
) -> Path | None:
    """What to start with when what is to be read is refused; None for what the store has now gone back to.

    A model that served yesterday may be damaged, made for landmarks before an update or signed by a key that is
    revoked by now: the device goes on with the one before. Where store or trusted keys cannot be read, it is the
    shipped one, and the store is left as it is. Raises what was refused where an operator named it, or of the last.
    """
    if model is not None or config.folder is not None:
        raise refused
    log.error("the installed model is refused: %s", refused)
    try:
        before = open_store(config, environment).rollback(str(refused))
    except (BundleRefused, LibraryMissing, StoreUnusable) as error:
        log.warning("the store of models is left as it is (%s), and the shipped model reads", error)
        return SHIPPED_MODEL
    log.warning("%s reads instead", "the shipped model" if before is None else before.name)
    return None
