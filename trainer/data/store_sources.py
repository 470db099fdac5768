"""The files that a store was built from, by which the store is recognised.

`sources.npz`, beside the index, has one row per take: path, bytes, time of the last change, and SHA-256. As Git does
with its index, a file whose path, bytes and time are as recorded is taken to be unchanged; only others are read again.
"""

import io
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Final, Self

import numpy as np

from landmarkers.array_archive import ArrayArchive
from models.durable import replace_file

_SOURCES: Final = "sources.npz"
_MAX_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Source:
    """One take's file as it was when it was read; `modified_ns` counts from 1970."""

    path: str
    size: int
    modified_ns: int
    sha256: bytes

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read a file. Raises OSError."""
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            return cls(str(path.absolute()), status.st_size, status.st_mtime_ns, file_digest(file, "sha256").digest())


def write_sources(sources: Sequence[Source], store: Path) -> None:
    """Write the sources of a store, in the order of its takes, atomically. Raises OSError."""
    content = io.BytesIO()
    np.savez_compressed(
        content,
        allow_pickle=False,
        path=np.array([source.path for source in sources]),
        status=np.array([(source.size, source.modified_ns) for source in sources], np.int64),
        sha256=np.frombuffer(b"".join(source.sha256 for source in sources), np.uint8).reshape(-1, 32),
    )
    replace_file(store / _SOURCES, content.getvalue())


def copy_sources(store: Path, new: Path, numbers: Sequence[int]) -> None:
    """Write into a new store the sources of these takes of a store, if it has any. Raises OSError."""
    sources = _read_sources(store)
    if sources is not None:
        write_sources([sources[number] for number in numbers], new)


def has_sources(folder: Path) -> bool:
    """Return True if a folder holds the sources of a store, undamaged."""
    return _read_sources(folder) is not None


def is_built_from(store: Path, takes: Sequence[Path]) -> bool:
    """Return True if a store was built from these takes, in this order, and their content is what it was.

    Takes that have been moved or touched are read; the store then remembers where and when it found them.
    """
    sources = _read_sources(store)
    if sources is None or len(sources) != len(takes):
        return False
    try:
        found = [
            source if _is_untouched(source, take) else Source.of(take)
            for source, take in zip(sources, takes, strict=True)
        ]
    except OSError:
        return False
    if any(before.sha256 != now.sha256 for before, now in zip(sources, found, strict=True)):
        return False
    if found != sources:
        with suppress(OSError):  # in a folder that is read-only, they are read again at the next start
            write_sources(found, store)
    return True


def _is_untouched(source: Source, take: Path) -> bool:
    status = take.stat()
    return (source.path, source.size, source.modified_ns) == (
        str(take.absolute()),
        status.st_size,
        status.st_mtime_ns,
    )


def _read_sources(store: Path) -> list[Source] | None:
    """Return the sources of a store; None if they are missing, as in a store of an earlier release, or damaged."""
    try:
        with (store / _SOURCES).open("rb") as file:
            archive = ArrayArchive(file, _MAX_BYTES)
            paths, status, digests = archive.read("path", "U"), archive.read("status", "i"), archive.read("sha256", "u")
    except (OSError, ValueError):
        return None
    count = paths.shape[0] if paths.ndim == 1 else -1
    if status.shape != (count, 2) or digests.shape != (count, 32) or digests.dtype != np.uint8:
        return None
    return [
        Source(path, size, modified, digest.tobytes())
        for path, (size, modified), digest in zip(paths.tolist(), status.tolist(), digests, strict=True)
    ]
