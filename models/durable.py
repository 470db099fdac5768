"""Durable, atomic writes: content is synced to the disk before it is renamed into place, and its name afterwards.

https://lwn.net/Articles/457667/ explains why each of these calls is needed.
"""

import os
from errno import EEXIST
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO, Final

DAMAGED_SUFFIX: Final = ".damaged"
_FILE_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755
_CHUNK_BYTES: Final = 1 << 20


def create_folder(folder: Path) -> None:
    """Create a folder with its parents if missing."""
    if folder.is_dir():
        return
    create_folder(folder.parent)
    folder.mkdir(_FOLDER_MODE, exist_ok=True)
    sync_folder(folder.parent)


def copy_part(source: BinaryIO, size: int, target: Path) -> None:
    """Copy so many bytes of a file into a new one and sync its content; its name is not synced, see sync_folder."""
    with target.open("xb") as file:
        while chunk := source.read(min(size, _CHUNK_BYTES)):
            size -= file.write(chunk)
        file.flush()
        os.fchmod(file.fileno(), _FILE_MODE)
        os.fsync(file.fileno())


def replace_file(path: Path, content: bytes, mode: int = _FILE_MODE) -> None:
    """Replace a file's content atomically: a reader sees the old or the new one, and an error leaves the old one.

    Whom `mode` does not let read the file cannot read it at any moment.
    """
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    try:
        with open(new, "xb", opener=_open_privately) as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    sync_folder(path.parent)


def create_private_file(path: Path, content: bytes, owner: tuple[int, int] | None = None) -> None:
    """Create a file as a whole under a name that is not taken; nobody but its owner may read it at any moment.

    `owner` holds the numbers of another user and group, to whom root gives it. Raises FileExistsError, and other
    OSError.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(new, "xb", opener=_open_privately) as file:
            file.write(content)
            file.flush()
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            os.fsync(file.fileno())
        try:
            os.link(new, path)
        except PermissionError:  # a file system without hard links, such as that of a memory stick
            if os.path.lexists(path):
                raise FileExistsError(EEXIST, os.strerror(EEXIST), str(path)) from None
            new.rename(path)
    finally:
        new.unlink(missing_ok=True)
    sync_folder(path.parent)


def _open_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def replace_symlink(link: Path, target: str) -> None:
    """Replace a symlink's target atomically: a reader sees the old or the new one."""
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)
    sync_folder(link.parent)


def move_durably(path: Path, target: Path) -> None:
    """Rename a file or folder, and sync the change to the disk."""
    path.rename(target)
    sync_folder(target.parent)
    if path.parent != target.parent:
        sync_folder(path.parent)


def put_aside(path: Path) -> Path:
    """Rename a damaged file or folder to `NAME.damaged`, or `NAME.damaged-2`, …; return the new path. Raises OSError.

    Nothing is ever deleted or replaced by it: somebody may be able to read what this program cannot.
    """
    numbers = chain([""], (f"-{number}" for number in count(2)))
    candidates = (path.with_name(f"{path.name}{DAMAGED_SUFFIX}{number}") for number in numbers)
    aside = next(one for one in candidates if not os.path.lexists(one))
    move_durably(path, aside)
    return aside


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
