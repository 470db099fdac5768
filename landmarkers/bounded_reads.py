"""Bounds the memory that an archive of unknown origin can demand."""

from typing import IO


class BoundedReads:
    """An open file of which no more than `max_bytes` can be read at once.

    `zipfile` and `tarfile` read a directory or an extended header of whatever length the archive states in one call,
    and contents in chunks.
    """

    def __init__(self, file: IO[bytes], max_bytes: int) -> None:
        self._file = file
        self._max_bytes = max_bytes

    def read(self, size: int = -1) -> bytes:
        """Read as the file does. Raises OSError where that are too many bytes."""
        content = self._file.read(self._max_bytes + 1 if size < 0 else min(size, self._max_bytes + 1))
        if len(content) > self._max_bytes:
            raise OSError(f"a part of it is larger than {self._max_bytes} bytes")
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        """Seek as the file does."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Return True if the file can be sought."""
        return self._file.seekable()
