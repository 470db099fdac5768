"""A bundle to be installed or sent: a folder, or a `.tar` of one.

Only files that belong to a bundle are read, by their plain names: the archive's paths, owners and modes are ignored.
"""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from pydantic import NonNegativeInt, TypeAdapter

from landmarkers.plain_text import one_sentence
from models.bundle import HASHED_FILES, MANIFEST, MAX_MANIFEST_BYTES, OPTIONAL_FILES, SIGNATURE, BundleRefused
from models.bundle_file import MAX_BUNDLE_MB, MB, open_bundle_file
from models.durable import copy_part, sync_folder
from models.subprocess_probe import run_python

BUNDLE_FILES: Final = HASHED_FILES | OPTIONAL_FILES | {MANIFEST, SIGNATURE}
_LISTING_TIMEOUT_S: Final = 30.0
_LISTING: Final = TypeAdapter(dict[str, tuple[NonNegativeInt, NonNegativeInt]])


class _Part(NamedTuple):
    """The bytes of one file of the bundle, within an open file."""

    file: BinaryIO
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class BundleSource:
    """An open bundle of which nothing has been read yet."""

    path: Path
    folder: os.stat_result
    """The state of the folder that it is in."""
    size: int
    """The bytes that it takes at most."""
    _files: Mapping[str, BinaryIO]
    """The open files of a folder by name, or the tar as the only one, without a name."""

    def read_manifest(self) -> bytes:
        """Return the content of `manifest.json`. Raises BundleRefused."""
        if (part := self._parts().get(MANIFEST)) is None:
            raise BundleRefused(f"{self.path} is no bundle: it contains no {MANIFEST}")
        return _read(part, MAX_MANIFEST_BYTES)

    def read_files(self) -> dict[str, bytes]:
        """Return the content of every file by its name, the manifest first. Raises BundleRefused."""
        parts = self._parts()
        return {name: _read(parts[name]) for name in sorted(parts, key=lambda name: (name != MANIFEST, name))}

    def copy_to(self, folder: Path) -> None:
        """Copy its files into an empty folder, synced to the disk. Raises BundleRefused, OSError."""
        for name, part in self._parts().items():
            part.file.seek(part.offset)
            copy_part(part.file, part.size, folder / name)
            if (folder / name).stat().st_size != part.size:
                raise BundleRefused(f"{self.path} is truncated: {name} is shorter than stated")
        sync_folder(folder)

    def _parts(self) -> dict[str, _Part]:
        if (tar := self._files.get("")) is not None:
            listing = _list_tar(self.path, tar)
            return {name: _Part(tar, offset, size) for name, (offset, size) in listing.items()}
        return {name: _Part(file, 0, os.fstat(file.fileno()).st_size) for name, file in self._files.items()}


@contextmanager
def open_bundle_source(path: Path) -> Iterator[BundleSource]:
    """Open the bundle in a folder or a `.tar`; only descriptors are opened. Raises BundleRefused."""
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}
        is_folder = os.path.isdir(path)  # noqa: PTH112  # unlike Path.is_dir it raises no PermissionError
        for name in sorted(BUNDLE_FILES) if is_folder else [""]:
            try:
                files[name] = stack.enter_context(open_bundle_file(path / name, os.O_NOFOLLOW if name else 0))
            except FileNotFoundError:
                continue  # the manifest decides whether it is required
            except OSError as error:
                reason = "it is a symlink" if error.errno == errno.ELOOP else error.strerror
                raise BundleRefused(f"{path / name} cannot be read: {reason}") from error
        if not files and not is_folder:
            raise BundleRefused(f"there is no bundle {path}")
        size = sum(os.fstat(file.fileno()).st_size for file in files.values())
        if size > MAX_BUNDLE_MB * MB:
            raise BundleRefused(f"{path} is no bundle: it has more than {MAX_BUNDLE_MB} MB")
        yield BundleSource(path, path.parent.stat(), size, files)


def _list_tar(path: Path, tar: BinaryIO) -> dict[str, tuple[int, int]]:
    """Return position and size of each file in a tar, which a separate process reads. Raises BundleRefused."""
    tar.seek(0)
    listed = run_python(["-m", "models.tar_listing", *BUNDLE_FILES], stdin=tar, timeout_s=_LISTING_TIMEOUT_S)
    if not listed.succeeded:
        reason = listed.text if listed.refused else f"cannot be read: {listed.text}"
        raise BundleRefused(f"{path} {one_sentence(reason)}")
    return _LISTING.validate_json(listed.text)


def _read(part: _Part, max_bytes: int | None = None) -> bytes:
    part.file.seek(part.offset)
    return part.file.read(part.size if max_bytes is None else min(part.size, max_bytes))
