"""The folders and files that a command writes: checked before any work, and put in place whole or not at all.

Nothing is deleted that is not ours. A folder is replaced only when it is empty or holds what this program writes there
and nothing else, and never when it holds, is, or lies in what the command reads.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Final

from landmarkers.errors import UserError
from models.durable import replace_file

# The beginning of every report, as templates/page.html has it.
REPORT_START: Final = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""

_NEW: Final = "new"
_OLD: Final = "old"

_Identity = tuple[int, int]


class TargetRefused(UserError):
    """A folder or file that cannot be written, or not without a loss; the message says which one and why."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of folder that commands write.

    `find_foreign` returns a clause that says why a folder, which is not empty, is not of this kind, or None. A folder
    that `is_replaced` is removed when another takes its place; into others a command writes more files. One that
    `is_reused` is only read where it is what is needed.
    """

    title: str
    find_foreign: Callable[[Path], str | None]
    is_replaced: bool = False
    is_reused: bool = False


def check_folder(folder: Path, kind: Kind, sources: Iterable[Path] = ()) -> None:
    """Check that a folder may be written without the loss of anything else. Raises TargetRefused.

    `sources` are the files and folders that the command reads.
    """
    try:
        _check_apart(folder, sources)
        if not kind.is_reused:
            _check_writable(folder, kind)
        _check_kind(folder, kind)
    except OSError as error:
        raise cannot_write(folder, error) from error


def names_in(folder: Path) -> set[str]:
    """Return the names of what a folder holds; none where there is no folder."""
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def check_report(path: Path) -> None:
    """Check that the file of a report may be written: nothing is lost but an earlier report. Raises TargetRefused."""
    check_file(path, "a report of this program", lambda content: content.startswith(REPORT_START))


def check_file(path: Path, title: str, is_ours: Callable[[bytes], bool]) -> None:
    """Check that a file may be written: it is new, empty, or already of this kind. Raises TargetRefused.

    `is_ours` receives the beginning of the file.
    """
    if path.is_dir():
        raise TargetRefused(f"{path} is a folder, not a file")
    if not path.parent.is_dir():
        raise TargetRefused(f"{path} cannot be written: there is no folder {path.parent}")
    try:
        if path.exists() and not S_ISREG(path.stat().st_mode):  # such as /dev/null
            return
        if not os.access(path.resolve().parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise TargetRefused(f"{path} cannot be written: permission is denied")
        if path.exists():
            with path.open("rb") as file:
                content = file.read(1 << 10)
            if content and not is_ours(content):
                raise TargetRefused(f"{path} exists and is not {title}, so it is not overwritten; name another file")
    except OSError as error:
        raise cannot_write(path, error) from error


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file, and its folder if there is none, whole or not at all. Raises TargetRefused."""
    content = content.encode() if isinstance(content, str) else content
    real = path.resolve()
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        if real.exists() and not real.is_file():
            real.write_bytes(content)
        else:
            replace_file(real, content)
    except OSError as error:
        raise cannot_write(path, error) from error


@contextmanager
def replace_folder(folder: Path, kind: Kind) -> Iterator[Path]:
    """Yield an empty folder, and put it in the place of `folder` when its content is complete.

    If anything is raised, `folder` stays as it was and nothing half-written stays. Raises TargetRefused.
    """
    real = folder.resolve()
    scratch = real.with_name(f".{real.name}.new")
    try:
        _check_writable(folder, kind)
        _discard(scratch, real)
        created = [one for one in real.parents if not one.exists()]
        new = scratch / _NEW
        new.mkdir(parents=True)
        try:
            yield new
            _check_kind(folder, kind)  # again: the work may have taken hours
            if real.exists():
                real.rename(scratch / _OLD)
            new.rename(real)
        finally:
            _discard(scratch, real)
            for one in created:
                if not names_in(one):
                    one.rmdir()
    except OSError as error:
        raise cannot_write(folder, error) from error


def cannot_write(path: Path, error: OSError) -> TargetRefused:
    """Return the sentence for an error of the file system while a path is written."""
    at = f" ({error.filename})" if error.filename and Path(os.fsdecode(error.filename)) != path else ""
    return TargetRefused(f"{path} cannot be written: {error.strerror or error}{at}; {remedy_of(error)}")


def remedy_of(error: OSError) -> str:
    """Return what the user can do about an error of the file system, as a clause."""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "free some space and run the command again" if is_full else "name a place that can be read and written"


def _check_apart(folder: Path, sources: Iterable[Path]) -> None:
    """Raise TargetRefused where a folder is a source, holds one or lies in one, whatever links lead there."""
    own = _lineage(folder)
    for source in sources:
        if not source.exists():
            continue  # reading it says so
        other = _lineage(source)
        if folder.exists() and own[0] == other[0]:
            relation = "is what the command reads"
        elif folder.exists() and own[0] in other:
            relation = f"holds {source}, which the command reads"
        elif other[0] in own:
            relation = f"lies in {source}, which the command reads"
        else:
            continue
        raise TargetRefused(f"{folder} {relation}; name a folder outside of it")


def _lineage(path: Path) -> list[_Identity]:
    """Return what the file system calls a path and all folders that it lies in, as far as they exist."""
    real = path.resolve()
    states = [one.stat() for one in (real, *real.parents) if one.exists()]
    return [(state.st_dev, state.st_ino) for state in states]


def _check_writable(folder: Path, kind: Kind) -> None:
    real = folder.resolve()
    if real.exists() and not real.is_dir():
        raise TargetRefused(f"{folder} is a file, not a folder; name another folder")
    if kind.is_replaced and real.is_mount():
        raise TargetRefused(f"{folder} is the root of a file system and cannot be replaced; name a folder in it")
    first = next(one for one in (real, *real.parents) if one.exists())
    if not first.is_dir():
        raise TargetRefused(f"{folder} cannot be created: {first} is a file")
    needed = {first, real.parent} if first == real and kind.is_replaced else {first}
    for one in sorted(needed):
        if not os.access(one, os.W_OK | os.X_OK):
            raise TargetRefused(f"{folder} cannot be written: permission is denied at {one}")


def _check_kind(folder: Path, kind: Kind) -> None:
    foreign = kind.find_foreign(folder) if names_in(folder) else None
    if foreign is not None:
        raise TargetRefused(
            f"{folder} is not {kind.title}, because {foreign}, so nothing is written there; name an empty or new folder"
        )


def _discard(scratch: Path, real: Path) -> None:
    """Remove unfinished work, also of a run that was killed; put back what was about to be replaced.

    Raises OSError, TargetRefused.
    """
    if not os.path.lexists(scratch):
        return
    if scratch.is_symlink() or not scratch.is_dir() or names_in(scratch) - {_NEW, _OLD}:
        raise TargetRefused(f"{scratch} is in the way: its name is reserved for unfinished work; move it elsewhere")
    if (scratch / _OLD).exists() and not real.exists():
        (scratch / _OLD).rename(real)
    shutil.rmtree(scratch)
