"""How a bundle gets into a store and out of it: room for it, its place, and what is left over of both."""

import logging
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from models.bundle import MANIFEST, Bundle, BundleRefused, sha256_of
from models.durable import chown_to_owner_of, move_durably, sync_folder

log = logging.getLogger(__name__)

INCOMING: Final = "incoming"
STAGING: Final = ".new"
_OUTGOING: Final = ".old-"
_HASH_DIGITS: Final = 8
_MB: Final = 1_000_000
FREE_MB: Final = 20  # what must stay free beside the bundle, for words that wait for the broker and for the journal
_FORGOTTEN_S: Final = 24 * 3600.0


def installed_name(bundle: Bundle) -> str:
    """The name of a bundle's folder in a store."""
    manifest = bundle.manifest
    return f"{manifest.name}-{manifest.version}-{sha256_of(bundle.folder / MANIFEST)[:_HASH_DIGITS]}"


def check_free_space(root: Path, size: int) -> None:
    """Raise BundleRefused when a bundle of this many bytes leaves too little free."""
    disk = os.statvfs(root)
    free = disk.f_bavail * disk.f_frsize
    if size + FREE_MB * _MB > free:
        raise BundleRefused(
            f"there is no room for the bundle: it takes {size / _MB:.1f} MB, of which {FREE_MB} are to stay free, and "
            f"{root} has {free / _MB:.1f} MB"
        )


def move_into_place(scratch: Path, place: Path) -> bool:
    """Move a whole bundle, which lies on the disk, to its place; returns whether it was not there before.

    One that is there already has the same manifest. Its files are replaced one by one by the same files: that mends
    what may be damaged and brings a new signature, while the bundle may serve. Raises BundleRefused, OSError.
    """
    if not os.path.lexists(place):
        move_durably(scratch, place)
        return True
    if place.is_symlink() or sha256_of(place / MANIFEST) != sha256_of(scratch / MANIFEST):
        raise BundleRefused(f"{place} is damaged: its manifest is not the one whose sha256 it is named by; remove it")
    for path in sorted(scratch.iterdir()):
        path.replace(place / path.name)
    sync_folder(place)
    return False


def create_staging_folder(root: Path) -> Path:
    """The empty folder in which a bundle is looked at before it is installed."""
    scratch = root / INCOMING / STAGING
    scratch.mkdir()
    chown_to_owner_of(root, scratch)
    return scratch


def remove_bundle(root: Path, folder: Path) -> None:
    """Remove a bundle's folder; at no time does a part of it stand in its place."""
    outgoing = root / INCOMING / f"{_OUTGOING}{folder.name}"
    move_durably(folder, outgoing)
    shutil.rmtree(outgoing)


def remove_leftovers(root: Path, spared: Path | None) -> None:
    """Remove what installations and removals before this one left half done, and what was forgotten on its way.

    What others bring here begins with no dot. It is forgotten a day after it came, by the time that nobody can set.
    """
    for path in (root / INCOMING).iterdir():
        is_forgotten = time.time() - path.lstat().st_ctime > _FORGOTTEN_S
        if path.name.startswith(".") or (is_forgotten and path.resolve() != (spared or root).resolve()):
            try:
                remove(path)
            except OSError as error:  # another user's, perhaps; nothing that is to be done now waits for it
                log.warning("%s is left over and cannot be removed: %s", path, error.strerror)


def remove(path: Path) -> None:
    """Remove a file or folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def bundles_to_prune(installed: Sequence[Path], current: str | None, before: Sequence[str], keep: int) -> list[str]:
    """The names of those that nobody will go back to.

    Kept are the one that serves, the last `keep` that served before it, and as many of the newest others.
    """
    others = [folder for folder in installed if folder.name != current and folder.name not in before]
    others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    kept = {current, *before[:keep], *(folder.name for folder in others[:keep])}
    return [folder.name for folder in installed if folder.name not in kept]
