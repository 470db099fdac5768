"""Gives up the rights of root before a folder is changed or read that another user owns.

That user, who may be in a stranger's hands, can replace any file or folder there by a symlink at any moment: whatever
root did there, root could be led to do elsewhere.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError

_ROOT: Final = 0
_MAX_LINKS: Final = 40


class OwnerUnusable(UserError):
    """A folder whose owner root cannot become; the message says why."""


def become_owner(folder: Path) -> Path:
    """As root, become the first other user who owns a folder on the way to this one, which need not exist.

    Return the path of the folder from then on: relative to the current folder, since that user may not be allowed to
    go the whole way. Raises OwnerUnusable.
    """
    found = _find_foreign(folder)
    return folder if found is None else _enter(*found, folder, for_good=True)


@contextmanager
def acting_as_owner(folder: Path) -> Iterator[Path]:
    """As `become_owner`, but root again afterwards, in the same current folder; all threads are that user meanwhile."""
    found = _find_foreign(folder)
    if found is None:
        yield folder
        return
    group, groups, current = os.getegid(), os.getgroups(), os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield _enter(*found, folder, for_good=False)
    finally:
        os.seteuid(_ROOT)
        os.setegid(group)
        os.setgroups(groups)
        os.fchdir(current)
        os.close(current)


def _enter(owned: Path, rest: Path, folder: Path, *, for_good: bool) -> Path:
    """Make the owned folder, as its owner, the current one; return the rest of the way. Raises OwnerUnusable."""
    try:
        descriptor = os.open(owned, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        owner = os.fstat(descriptor)
        os.fchdir(descriptor)
        os.close(descriptor)
        if os.geteuid() == _ROOT:
            os.setgroups([])
            group = owner.st_gid or owner.st_uid  # never that of root
            saved_group, saved_user = (group, owner.st_uid) if for_good else (-1, -1)
            os.setresgid(saved_group, group, saved_group)
            os.setresuid(saved_user, owner.st_uid, saved_user)
    except OSError as error:
        raise OwnerUnusable(f"the owner of {owned} cannot be made to change {folder}: {error.strerror}") from error
    return rest


def is_of_another_user(folder: Path) -> bool:
    """Return True if this is root and another user owns the folder or one on the way to it."""
    return _find_foreign(folder) is not None


def _find_foreign(folder: Path) -> tuple[Path, Path] | None:
    """Return the first folder on the way, of which no other than root owns a part, and the rest of the way.

    Symlinks of root are followed. None where this is not root, or root owns the whole way.
    """
    if os.geteuid() != _ROOT:
        return None
    done, pending, links = Path("/"), list(folder.absolute().parts[1:]), 0
    while pending:
        step = done / pending.pop(0)
        try:
            status = step.lstat()
        except FileNotFoundError:
            return None  # root creates it
        except OSError as error:
            raise OwnerUnusable(f"the owner of {step} cannot be found: {error.strerror}") from error
        if status.st_uid != _ROOT:
            return step, Path(*pending)
        if not stat.S_ISLNK(status.st_mode):
            done = step.parent.parent if step.name == ".." else step
            continue
        links += 1
        if links > _MAX_LINKS:
            raise OwnerUnusable(f"{folder} leads in circles of symlinks")
        target = step.readlink()
        pending = [*(target.parts[1:] if target.is_absolute() else target.parts), *pending]
        done = Path("/") if target.is_absolute() else done
    return None
