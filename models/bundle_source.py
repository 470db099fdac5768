"""Reads a bundle to be installed from a folder, or from a `.tar` of one.

Only files that belong to a bundle are copied, by their plain names: the archive's paths, owners and modes are ignored.
"""

import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final, Protocol, cast

from landmarkers.bounded_reads import BoundedReads
from landmarkers.parsing import describe
from models.bundle import HASHED_FILES, MANIFEST, MAX_MANIFEST_BYTES, OPTIONAL_FILES, SIGNATURE, BundleRefused
from models.bundle_file import MAX_BUNDLE_MB, MB
from models.durable import copy_stream, sync_folder

BUNDLE_FILES: Final = HASHED_FILES | OPTIONAL_FILES | {MANIFEST, SIGNATURE}
_END_OF_TAR: Final = 1024  # every tar ends with as many zeros
_MAX_MEMBERS: Final = 1000
_MAX_READ_BYTES: Final = 1 << 20
_NOT_A_TAR: Final = (tarfile.TarError, OSError, ValueError, OverflowError, LookupError, EOFError)


class BundleSource(Protocol):
    """A bundle to be installed."""

    size: int
    """The size of its files in bytes."""

    def read_manifest(self) -> bytes:
        """Return the content of `manifest.json`. Raises BundleRefused."""

    def copy_to(self, folder: Path) -> None:
        """Copy its files into an empty folder, synced to the disk. Raises BundleRefused, OSError."""


@contextmanager
def open_bundle_source(path: Path) -> Iterator[BundleSource]:
    """Open the bundle in a folder or a `.tar`. Raises BundleRefused."""
    try:
        if path.is_dir():
            yield _FolderSource(path)
            return
        if not path.is_file():
            raise BundleRefused(f"there is no bundle {path}")
        with path.open("rb") as file:
            yield _TarSource(path, file)
    except tarfile.TarError as error:
        raise BundleRefused(f"{path} is damaged: {describe(error)}") from error


class _FolderSource:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._names = []
        self.size = 0
        for name in sorted(BUNDLE_FILES):
            try:
                status = (path / name).lstat()
            except FileNotFoundError:
                continue  # the manifest decides whether it is required
            except OSError as error:
                raise BundleRefused(f"{path / name} cannot be read: {error.strerror}") from error
            if not stat.S_ISREG(status.st_mode):
                raise BundleRefused(f"{path / name} is not a plain file")
            self._names.append(name)
            self.size += status.st_size
        _check_size(path, self.size)

    def read_manifest(self) -> bytes:
        with self._open(MANIFEST) as source:
            return source.read(MAX_MANIFEST_BYTES)

    def copy_to(self, folder: Path) -> None:
        for name in self._names:
            with self._open(name) as source:
                copy_stream(source, folder / name)
        sync_folder(folder)

    def _open(self, name: str) -> BinaryIO:
        try:
            return os.fdopen(os.open(self._path / name, os.O_RDONLY | os.O_NOFOLLOW), "rb")
        except OSError as error:
            raise BundleRefused(f"{self._path / name} cannot be read: {error.strerror}") from error


class _TarSource:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        _check_complete(path, file)
        self._path = path
        self._members: dict[str, tarfile.TarInfo] = {}
        try:
            self._tar = _open_tar(file)  # the caller closes the file
            for number, member in enumerate(self._tar):
                if number == _MAX_MEMBERS:
                    raise BundleRefused(f"{path} contains more than {_MAX_MEMBERS} files, which no bundle does")
                self._add_member(member)
        except _NOT_A_TAR as error:
            raise BundleRefused(f"{path} is not a whole .tar archive: {describe(error)}") from error
        self.size = sum(member.size for member in self._members.values())
        _check_size(path, self.size)

    def _add_member(self, member: tarfile.TarInfo) -> None:
        if member.isdir():
            return
        path = PurePosixPath(member.name)
        if not member.isreg() or member.issparse():
            raise BundleRefused(f"{self._path} contains {member.name!r}, which is not a plain file")
        if path.is_absolute() or ".." in path.parts:
            raise BundleRefused(f"{self._path} contains {member.name!r}, which leads out of the bundle")
        if path.name not in BUNDLE_FILES:
            return
        if path.name in self._members:
            raise BundleRefused(f"{self._path} contains {path.name} twice")
        self._members[path.name] = member

    def copy_to(self, folder: Path) -> None:
        for name, member in self._members.items():
            with self._open(member) as source:
                copy_stream(source, folder / name)
            if (folder / name).stat().st_size != member.size:
                raise BundleRefused(f"{self._path} is truncated: {name} is shorter than its header states")
        sync_folder(folder)

    def read_manifest(self) -> bytes:
        if MANIFEST not in self._members:
            raise BundleRefused(f"{self._path} is no bundle: it contains no {MANIFEST}")
        with self._open(self._members[MANIFEST]) as source:
            return source.read(MAX_MANIFEST_BYTES)

    def _open(self, member: tarfile.TarInfo) -> IO[bytes]:
        source = self._tar.extractfile(member)
        assert source is not None  # a plain file: see _add_member
        return source


def _check_complete(path: Path, file: BinaryIO) -> None:
    """Raise BundleRefused for a truncated archive: Python accepts one that ends between two files."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_OF_TAR))
    end = file.read()
    file.seek(0)
    try:
        _open_tar(file).close()
    except _NOT_A_TAR as error:
        raise BundleRefused(f"{path} is neither a bundle's folder nor a .tar of one") from error
    file.seek(0)
    if end.strip(b"\0") or len(end) < _END_OF_TAR:
        raise BundleRefused(f"{path} is truncated: its end is missing")


def _open_tar(file: BinaryIO) -> tarfile.TarFile:
    # An extended header is read in one piece, of whatever length it states. tarfile needs no more of a file than this.
    return tarfile.open(fileobj=cast("IO[bytes]", BoundedReads(file, _MAX_READ_BYTES)), mode="r:")


def _check_size(path: Path, size: int) -> None:
    if size > MAX_BUNDLE_MB * MB:
        raise BundleRefused(f"{path} is no bundle: it has {size // MB} MB, and a bundle has at most {MAX_BUNDLE_MB}")
