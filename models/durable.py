"""Writing that a power cut cannot halve: what is renamed into place lies on the disk before, and its name after.

Who makes files as root gives them to the owner of the folder they come into: there the service, which has a user of its
own, must be able to change them as well. That user may have put symlinks there. Root must follow none of them: files
are made anew and never opened to be written.
https://lwn.net/Articles/457667/ tells why each of these calls is needed.
"""

import os
import shutil
from pathlib import Path
from typing import IO, Final

_FILE_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755
_PIECE: Final = 1 << 20


def create_folder(folder: Path) -> None:
    """See that a folder is there, with those above it, each given to the owner of the one above it."""
    if folder.is_dir():
        return
    create_folder(folder.parent)
    folder.mkdir(_FOLDER_MODE, exist_ok=True)
    chown_to_owner_of(folder.parent, folder)
    sync_folder(folder.parent)


def copy_stream(source: IO[bytes], to: Path) -> None:
    """Write what a stream gives into a new file that is on the disk afterwards; its name is not, see sync_folder."""
    with to.open("xb") as file:
        shutil.copyfileobj(source, file, _PIECE)
        file.flush()
        os.fchmod(file.fileno(), _FILE_MODE)
        os.fsync(file.fileno())
    chown_to_owner_of(to.parent, to)


def replace_file(path: Path, content: bytes) -> None:
    """Put this content in place of a file's at once: whoever reads it finds the old or the new one."""
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
    """Let a symlink lead to another target at once: whoever follows it finds the old or the new one."""
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    chown_to_owner_of(link.parent, new)
    new.replace(link)
    sync_folder(link.parent)


def move_durably(path: Path, to: Path) -> None:
    """Rename a file or folder, on the disk as well."""
    path.rename(to)
    sync_folder(to.parent)
    if path.parent != to.parent:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """See that the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def chown_to_owner_of(folder: Path, path: Path) -> None:
    """As root, give what was made to who owns a folder."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
