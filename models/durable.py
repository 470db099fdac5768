"""Durable, atomic writes: content is synced to the disk before it is renamed into place, and its name afterwards.

Files that root creates are given to the owner of their folder, because the service, which runs as a user of its own,
must be able to change them. That user may have put symlinks there, and root must follow none of them: files are always
created and never opened for writing.
https://lwn.net/Articles/457667/ explains why each of these calls is needed.
"""

import os
import shutil
from itertools import chain, count
from pathlib import Path
from typing import IO, Final

DAMAGED_SUFFIX: Final = ".damaged"
_FILE_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755
_CHUNK_BYTES: Final = 1 << 20


def create_folder(folder: Path) -> None:
    """Create a folder with its parents if missing, each given to the owner of the folder above."""
    if folder.is_dir():
        return
    create_folder(folder.parent)
    folder.mkdir(_FOLDER_MODE, exist_ok=True)
    chown_to_owner_of(folder.parent, folder)
    sync_folder(folder.parent)


def copy_stream(source: IO[bytes], target: Path) -> None:
    """Copy a stream into a new file and sync its content; its name is not synced, see sync_folder."""
    with target.open("xb") as file:
        shutil.copyfileobj(source, file, _CHUNK_BYTES)
        file.flush()
        os.fchmod(file.fileno(), _FILE_MODE)
        os.fsync(file.fileno())
    chown_to_owner_of(target.parent, target)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file's content atomically: a reader sees the old or the new one."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with new.open("xb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), _FILE_MODE)
        os.fsync(file.fileno())
    chown_to_owner_of(path.parent, new)
    new.replace(path)
    sync_folder(path.parent)


def replace_symlink(link: Path, target: str) -> None:
    """Replace a symlink's target atomically: a reader sees the old or the new one."""
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    chown_to_owner_of(link.parent, new)
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


def chown_to_owner_of(folder: Path, path: Path) -> None:
    """As root, give a file to the owner of a folder; otherwise do nothing."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
