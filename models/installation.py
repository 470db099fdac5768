"""The steps that move a bundle into a store and out of it: free space, staging, placement, removal, leftovers."""

import logging
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from models.bundle import MANIFEST, Bundle, BundleRefused, sha256_of
from models.durable import move_durably, sync_folder

log = logging.getLogger(__name__)

INCOMING: Final = "incoming"
STAGING: Final = ".new"
_OUTGOING: Final = ".old-"
_HASH_DIGITS: Final = 8
_MB: Final = 1_000_000
MIN_FREE_MB: Final = 20  # must stay free beside the bundle, for the outbox of words and for the journal
_ABANDONED_AFTER_S: Final = 24 * 3600.0


def installed_name(bundle: Bundle) -> str:
    """Return the name of a bundle's folder in a store."""
    manifest = bundle.manifest
    return f"{manifest.name}-{manifest.version}-{sha256_of(bundle.folder / MANIFEST)[:_HASH_DIGITS]}"


def check_free_space(root: Path, size: int) -> None:
    """Raise BundleRefused when a bundle of this many bytes leaves too little free space."""
    disk = os.statvfs(root)
    free = disk.f_bavail * disk.f_frsize
    if size + MIN_FREE_MB * _MB > free:
        raise BundleRefused(
            f"there is no room for the bundle: it takes {size / _MB:.1f} MB, {MIN_FREE_MB} MB must stay free, and "
            f"{root.absolute()} has {free / _MB:.1f} MB"
        )


def move_into_place(staging: Path, target: Path) -> bool:
    """Move a whole bundle, which is synced to the disk, to its folder; return True if it is new in the store.

    One that is installed already has the same manifest. Its files are replaced one by one by the same files: that
    repairs damaged ones and updates the signature while the bundle may be active. Raises BundleRefused, OSError.
    """
    if not os.path.lexists(target):
        move_durably(staging, target)
        return True
    if target.is_symlink() or sha256_of(target / MANIFEST) != sha256_of(staging / MANIFEST):
        raise BundleRefused(
            f"{target.absolute()} is damaged: its manifest does not have the sha256 in its name; remove it"
        )
    for path in sorted(staging.iterdir()):
        path.replace(target / path.name)
    sync_folder(target)
    return False


def create_staging_folder(root: Path) -> Path:
    """Create the empty folder in which a bundle is checked before it is installed."""
    staging = root / INCOMING / STAGING
    staging.mkdir()
    return staging


def remove_bundle(root: Path, folder: Path) -> None:
    """Remove a bundle's folder atomically: at no time is a part of it in the store."""
    outgoing = root / INCOMING / f"{_OUTGOING}{folder.name}"
    move_durably(folder, outgoing)
    shutil.rmtree(outgoing)


def remove_leftovers(root: Path, spared: str | None) -> None:
    """Remove leftovers of interrupted installations and removals, and abandoned uploads, except for that of a name.

    Names of uploads do not begin with a dot. An upload is abandoned a day after it arrived, by its ctime, which nobody
    can set.
    """
    for path in (root / INCOMING).iterdir():
        is_abandoned = time.time() - path.lstat().st_ctime > _ABANDONED_AFTER_S
        if path.name.startswith(".") or (is_abandoned and path.name != spared):
            try:
                remove(path)
            except OSError as error:  # perhaps another user's; the transaction does not depend on it
                log.warning("the leftover %s cannot be removed: %s", path, error.strerror)


def remove(path: Path) -> None:
    """Remove a file or folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def bundles_to_prune(installed: Sequence[Path], current: str | None, before: Sequence[str], keep: int) -> list[str]:
    """Return the names of the bundles that no rollback needs.

    Kept are the active one, the last `keep` that were active before it, and as many of the newest others.
    """
    others = [folder for folder in installed if folder.name != current and folder.name not in before]
    others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    kept = {current, *before[:keep], *(folder.name for folder in others[:keep])}
    return [folder.name for folder in installed if folder.name not in kept]
