"""Lists the bundle's files in a tar of unknown origin, in a separate process of bounded time and memory.

`python -m models.tar_listing NAME… <TAR` is that process. It prints a JSON object of the position and size of each file
of these names, or the reason for which the tar is refused. It imports little, so that it starts quickly.
"""

import json
import os
import sys
import tarfile
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast

from landmarkers.bounded_reads import BoundedReads
from models.subprocess_probe import REFUSED_EXIT_CODE, limit_resources

_END_OF_TAR: Final = 1024  # every tar ends with as many zeros
_MAX_MEMBERS: Final = 1000
_MAX_READ_BYTES: Final = 1 << 20
_MAX_NAME: Final = 100  # of a member, in a sentence
_NOT_A_TAR: Final = (
    tarfile.TarError,
    OSError,
    ValueError,
    OverflowError,
    LookupError,
    EOFError,
    RecursionError,
    MemoryError,
)
_SECONDS, _MEGABYTES = 5, 64


class TarRefused(Exception):
    """A tar that is not one of a bundle; the message continues a sentence that begins with its path."""


def main() -> int:
    """Run as the separate process and return the exit code."""
    limit_resources(_SECONDS, _MEGABYTES)
    try:
        print(json.dumps(list_files(sys.stdin.buffer, frozenset(sys.argv[1:]))))  # noqa: T201  # the result
    except TarRefused as error:
        print(error)  # noqa: T201
        return REFUSED_EXIT_CODE
    return 0


def list_files(file: BinaryIO, names: frozenset[str]) -> dict[str, tuple[int, int]]:
    """Return position and size of each file of these names in a tar. Raises TarRefused."""
    _check_complete(file)
    files: dict[str, tuple[int, int]] = {}
    try:
        for number, member in enumerate(_open_tar(file)):
            if number == _MAX_MEMBERS:
                raise TarRefused(f"contains more than {_MAX_MEMBERS} files, which no bundle does")
            if _is_wanted(member, names):
                name = PurePosixPath(member.name).name
                if name in files:
                    raise TarRefused(f"contains {name} twice")
                files[name] = member.offset_data, member.size
    except _NOT_A_TAR as error:
        raise TarRefused(f"is not a whole .tar archive: {error}") from error
    return files


def _is_wanted(member: tarfile.TarInfo, names: frozenset[str]) -> bool:
    path, name = PurePosixPath(member.name), ascii(member.name[:_MAX_NAME])
    if member.size < 0:  # the next one would be this one again
        raise TarRefused(f"contains {name}, whose size is negative")
    if member.isdir():
        return False
    if not member.isreg() or member.issparse():
        raise TarRefused(f"contains {name}, which is not a plain file")
    if path.is_absolute() or ".." in path.parts:
        raise TarRefused(f"contains {name}, which leads out of the bundle")
    return path.name in names


def _check_complete(file: BinaryIO) -> None:
    """Refuse a truncated archive: Python accepts one that ends between two files."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_OF_TAR))
    end = file.read()
    file.seek(0)
    try:
        _open_tar(file).close()
    except _NOT_A_TAR as error:
        raise TarRefused("is neither a bundle's folder nor a .tar of one") from error
    file.seek(0)
    if end.strip(b"\0") or len(end) < _END_OF_TAR:
        raise TarRefused("is truncated: its end is missing")


def _open_tar(file: BinaryIO) -> tarfile.TarFile:
    # An extended header is read in one piece, of whatever length it states. tarfile needs no more of a file than this.
    return tarfile.open(fileobj=cast("BinaryIO", BoundedReads(file, _MAX_READ_BYTES)), mode="r:")


if __name__ == "__main__":
    sys.exit(main())
