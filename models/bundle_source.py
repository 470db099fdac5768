"""Brings a bundle in from wherever it was put down: a folder, or a `.tar` of one.

Only files that belong to a bundle are taken, by their plain names: nothing that an archive says of paths, owners or
modes is followed.
"""

import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Protocol

from models.bundle import HASHED_FILES, MANIFEST, OPTIONAL_FILES, SIGNATURE, BundleRefused
from models.durable import copy_stream, sync_folder

BUNDLE_FILES: Final = HASHED_FILES | OPTIONAL_FILES | {MANIFEST, SIGNATURE}
MAX_BUNDLE_MB: Final = 256
_MB: Final = 1_000_000
_END_OF_TAR: Final = 1024  # every tar ends with as many zeros


class BundleSource(Protocol):
    """A bundle on its way, wherever it lies."""

    size: int
    """What its files take in bytes."""

    def bring(self, to: Path) -> None:
        """Copy its files into an empty folder, onto the disk. Raises BundleRefused, OSError."""


@contextmanager
def open_bundle_source(path: Path) -> Iterator[BundleSource]:
    """The bundle that lies in a folder or a `.tar`. Raises BundleRefused."""
    try:
        if path.is_dir():
            yield _Folder(path)
            return
        if not path.is_file():
            raise BundleRefused(f"there is no bundle {path}")
        with path.open("rb") as file:
            yield _Archive(path, file)
    except tarfile.TarError as error:
        raise BundleRefused(f"{path} is not a whole .tar archive, or holds what no bundle holds: {error}") from error


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._names = []
        self.size = 0
        for name in sorted(BUNDLE_FILES):
            try:
                status = (path / name).lstat()
            except FileNotFoundError:
                continue  # whether it is missed the manifest says
            except OSError as error:
                raise BundleRefused(f"{path / name} cannot be read: {error.strerror}") from error
            if not stat.S_ISREG(status.st_mode):
                raise BundleRefused(f"{path / name} is not a plain file")
            self._names.append(name)
            self.size += status.st_size
        _refuse_huge(path, self.size)

    def bring(self, to: Path) -> None:
        for name in self._names:
            try:
                source = os.fdopen(os.open(self._path / name, os.O_RDONLY | os.O_NOFOLLOW), "rb")
            except OSError as error:
                raise BundleRefused(f"{self._path / name} cannot be read: {error.strerror}") from error
            with source:
                copy_stream(source, to / name)
        sync_folder(to)


class _Archive:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        _refuse_truncated(path, file)
        self._path = path
        self._tar = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115  # the file is closed by who opened it
        self._members: dict[str, tarfile.TarInfo] = {}
        for member in self._tar:
            self._look_at(member)
        self.size = sum(member.size for member in self._members.values())
        _refuse_huge(path, self.size)

    def _look_at(self, member: tarfile.TarInfo) -> None:
        if member.isdir():
            return
        where = PurePosixPath(member.name)
        if not member.isreg():
            raise BundleRefused(f"{self._path} holds {member.name!r}, which is not a plain file")
        if where.is_absolute() or ".." in where.parts:
            raise BundleRefused(f"{self._path} holds {member.name!r}, which leads out of the bundle")
        if where.name not in BUNDLE_FILES:
            return
        if where.name in self._members:
            raise BundleRefused(f"{self._path} holds {where.name} twice")
        self._members[where.name] = member

    def bring(self, to: Path) -> None:
        for name, member in self._members.items():
            source = self._tar.extractfile(member)  # a plain file, by its plain name: see _look_at
            if source is not None:
                with source:
                    copy_stream(source, to / name)
                if (to / name).stat().st_size != member.size:
                    raise BundleRefused(f"{self._path} is truncated: {name} is shorter than it says")
        sync_folder(to)


def _refuse_truncated(path: Path, file: BinaryIO) -> None:
    """Python reads an archive that breaks off between two files without a word."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_OF_TAR))
    end = file.read()
    file.seek(0)
    try:
        tarfile.open(fileobj=file, mode="r:").close()
    except tarfile.ReadError as error:
        raise BundleRefused(f"{path} is neither a bundle's folder nor a .tar of one") from error
    file.seek(0)
    if end.strip(b"\0") or len(end) < _END_OF_TAR:
        raise BundleRefused(f"{path} is truncated: its end is missing")


def _refuse_huge(path: Path, size: int) -> None:
    if size > MAX_BUNDLE_MB * _MB:
        raise BundleRefused(
            f"{path} is no bundle: it has {size // _MB} MB, and no bundle has more than {MAX_BUNDLE_MB}"
        )
