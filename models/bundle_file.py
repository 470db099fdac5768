"""Opens the files of a bundle, whose folder may hold anything under their names."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Final

MAX_BUNDLE_MB: Final = 256
MB: Final = 1_000_000


def open_bundle_file(path: Path, flags: int = 0) -> BufferedReader:
    """Open a plain file that is no larger than a bundle may be. Raises OSError for anything else, at once."""
    # Without this flag a pipe would make everybody wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | flags)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BUNDLE_MB * MB:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)  # `fdopen` would raise for a folder and leave it open
    if stat.S_ISREG(status.st_mode):
        raise OSError(errno.EFBIG, f"it has more than {MAX_BUNDLE_MB} MB", str(path))
    raise OSError(errno.EINVAL, "it is not a plain file", str(path))
