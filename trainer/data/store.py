"""Stores takes in memory-mapped files, from which training reads.

One folder: `points.npy` int16 [frames, points, 3] (the takes' own quantised steps, of the stored parts only),
`times.npy` float64 [frames], `index.npz` with one row per take, and `sources.npz` with the takes' files
(store_sources.py). Opening a store reads only the index; a batch reads only its own frames.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from landmarkers.array_archive import ArrayArchive, ArraysDamaged, map_array
from landmarkers.errors import UserError
from landmarkers.layout import PART_SLICES, POINT_COUNT, Part
from landmarkers.parsing import describe
from landmarkers.quantisation import dequantise
from landmarkers.take import TAKE_SUFFIX, Provenance, Take
from trainer.data.store_sources import has_sources
from trainer.targets import Kind, names_in

FORMAT: Final = 2
NO_SIGN: Final = -1
"""Stands in the index for a take of no sign that is to be known."""
CONSENT: Final = "consent"
"""The column of the index with the consents' numbers."""
_FILES: Final = frozenset({"index.npz", "points.npy", "times.npy", "sources.npz", ".sources.npz.new"})
_COLUMNS: Final = frozenset({"format", "parts", "ends", "clip"})  # in the index of every release
_MAX_INDEX_BYTES: Final = 1 << 30
_REMEDY: Final = "run its training again with the same takes, which builds it anew"


class StoreUnusable(UserError):
    """A store that is missing, damaged, of another format or empty; the message names it."""


def _find_foreign(folder: Path) -> str | None:
    others = sorted(names_in(folder) - _FILES)
    if others:
        return f"it holds {others[0]}"
    try:
        with (folder / "index.npz").open("rb") as file:
            is_ours = _COLUMNS.issubset(ArrayArchive(file, _MAX_INDEX_BYTES).names)
    except (OSError, ArraysDamaged):
        is_ours = has_sources(folder)  # an index that is damaged is no reason not to build the store anew
    return None if is_ours else "it holds no readable index.npz of a store"


STORE: Final = Kind("a store of takes", _find_foreign, is_replaced=True, is_reused=True)


@dataclass(frozen=True, slots=True)
class Row:
    """The index entry of one take: its provenance, its range of frames, and the number of its consent."""

    provenance: Provenance
    start: int
    stop: int
    consent_id: str | None = None


class Rows(Sequence[Row]):
    """The rows of a store's index, created on access: most programs that open a large store use few."""

    def __init__(self, index: ArrayArchive) -> None:
        """Raises ArraysDamaged."""
        texts = [index.read(name, "U") for name in ("clip", "landmarker", "signer", "split")]
        # Stores of earlier releases hold no consents.
        texts.append(index.read(CONSENT, "U") if CONSENT in index.names else np.full_like(texts[0], ""))
        columns = [*texts, *(index.read(name, "i") for name in ("sign_id", "variant", "ends"))]
        self.ends: NDArray[np.int64] = columns[-1].astype(np.int64)
        has_one_length = all(column.shape == (self.ends.size,) for column in columns)
        if not has_one_length or np.any(np.diff(self.ends, prepend=0) < 1):
            raise ArraysDamaged("the columns of its index do not fit together")
        self._columns: list[list[Any]] = [column.tolist() for column in columns]

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, number: int) -> Row: ...
    @overload
    def __getitem__(self, number: slice) -> list[Row]: ...
    def __getitem__(self, number: int | slice) -> Row | list[Row]:
        if isinstance(number, slice):
            return [self[index] for index in range(*number.indices(len(self)))]
        clip, landmarker, signer, split, consent, sign_id, variant, ends = self._columns
        start = ends[number - 1] if number % len(self) else 0
        provenance = Provenance(
            clip[number],
            landmarker[number],
            signer[number] or None,
            split[number] or None,
            None if sign_id[number] == NO_SIGN else sign_id[number],
            variant[number],
        )
        return Row(provenance, start, ends[number], consent[number] or None)


class Store:
    """Takes in one set of memory-mapped files.

    `points` [frames, points, 3] are the quantised steps of all takes, `times` [frames] their seconds; `starts` and
    `lengths` [takes] are the range of each take's frames.
    """

    def __init__(self, folder: Path) -> None:
        """Open a store. Raises StoreUnusable."""
        try:
            with (folder / "index.npz").open("rb") as file:
                index = ArrayArchive(file, _MAX_INDEX_BYTES)
                if index.read("format", "i").tolist() != FORMAT:
                    raise StoreUnusable(f"{folder} is a store of another format; {_REMEDY}")
                self.parts = tuple(Part(name) for name in np.atleast_1d(index.read("parts", "U")).tolist())
                if not self.parts:
                    raise ArraysDamaged("its index names no part of the body")
                self.rows = Rows(index)
            # Plain arrays over the mapped files: each access through numpy's memmap class is slower.
            self.points = map_array(folder / "points.npy", "i")
            self.times = map_array(folder / "times.npy", "f")
        except (OSError, ValueError) as error:
            raise StoreUnusable(f"{folder} is not a complete store: {describe(error)}; {_REMEDY}") from error
        ends, frames = self.rows.ends, int(self.rows.ends[-1]) if len(self.rows) else 0
        if self.points.shape != (frames, len(columns_of(self.parts)), 3) or self.times.shape != (frames,) or not frames:
            raise StoreUnusable(f"{folder} is not a complete store: its files have different lengths; {_REMEDY}")
        self.lengths: NDArray[np.int64] = np.diff(ends, prepend=0)
        self.starts: NDArray[np.int64] = ends - self.lengths

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the content: the provenance, points and times of the takes, in order."""
        digest = sha256()
        for number, row in enumerate(self.rows):
            points, times = self.read(number)
            for content in (to_json(row.provenance.as_content()), points.tobytes(), times.tobytes()):
                digest.update(len(content).to_bytes(8, "big") + content)
        return digest.hexdigest()

    def take(self, number: int) -> Take:
        """Return one whole take, in the 543-point layout."""
        row = self.rows[number]
        stored, times = self.read(number)
        points = np.full((len(times), POINT_COUNT, 3), np.nan, np.float32)
        points[:, columns_of(self.parts)] = stored
        return Take(points, times.astype(np.float64), row.provenance)

    def read(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return points [time, points, 3] of the stored parts, NaN if missing, and times [time] from the start."""
        row = self.rows[number]
        times = self.times[row.start : row.stop]
        return dequantise(self.points[row.start : row.stop]), (times - times[0]).astype(np.float32)


def takes_in(folder: Path) -> Iterator[Path]:
    """Yield the takes below a folder, but for those that are being written."""
    return (path for path in folder.rglob(f"*{TAKE_SUFFIX}") if not path.name.startswith("."))


def find_takes(folders: Iterable[Path]) -> list[Path]:
    """Return all takes below some folders, in order, each once. Raises StoreUnusable if a folder holds none."""
    found: dict[Path, None] = {}
    for folder in folders:
        takes = sorted(takes_in(folder))
        if not takes:
            raise StoreUnusable(f"{folder} holds no takes (*{TAKE_SUFFIX})")
        found |= dict.fromkeys(takes)
    if not found:
        raise StoreUnusable("no folder of takes is named; name at least one")
    return list(found)


def columns_of(parts: Sequence[Part]) -> NDArray[np.int64]:
    """Return the indices of the parts' points in the layout, in order."""
    return np.concatenate([np.arange(POINT_COUNT)[PART_SLICES[part]] for part in parts])
