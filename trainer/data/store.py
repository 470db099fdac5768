"""Stores takes in memory-mapped files, from which training reads.

One folder: `points.npy` int16 [frames, points, 3] (the takes' own quantised steps, of the stored parts only),
`times.npy` float64 [frames], `index.npz` with one row per take. Opening a store reads only the index; a batch reads
only its own frames.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray
from tqdm import tqdm

from landmarkers.array_archive import ArrayArchive, ArraysDamaged, map_array
from landmarkers.errors import UserError
from landmarkers.layout import PART_SLICES, POINT_COUNT, Part, parts_in_order
from landmarkers.parsing import describe
from landmarkers.take import MISSING, TAKE_SUFFIX, Provenance, StoredTake, Take, TakeDamaged, dequantise
from trainer.data.executor import Executor, LocalExecutor, WorkerLost

FORMAT: Final = 2
_MAX_INDEX_BYTES: Final = 1 << 30
_CHUNK: Final = 64  # takes that are read and written at a time
_MIN_TAKES_FOR_WORKERS: Final = 5000  # fewer are read before processes have started


class StoreUnusable(UserError):
    """A store that is missing, damaged, of another format or empty; the message names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """The index entry of one take: its provenance and its range of frames."""

    provenance: Provenance
    start: int
    stop: int


class Rows(Sequence[Row]):
    """The rows of a store's index, created on access: most programs that open a large store use few."""

    def __init__(self, index: ArrayArchive) -> None:
        """Raises ArraysDamaged."""
        texts = [index.read(name, "U") for name in ("clip", "landmarker", "signer", "split")]
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
        clip, landmarker, signer, split, sign_id, variant, ends = self._columns
        start = ends[number - 1] if number % len(self) else 0
        provenance = Provenance(
            clip[number],
            landmarker[number],
            signer[number] or None,
            split[number] or None,
            sign_id[number],
            variant[number],
        )
        return Row(provenance, start, ends[number])


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
                    raise StoreUnusable(f"{folder} is a store of another format; build it again")
                self.parts = tuple(Part(name) for name in np.atleast_1d(index.read("parts", "U")).tolist())
                self.rows = Rows(index)
            # Plain arrays over the mapped files: each access through numpy's memmap class is slower.
            self.points = map_array(folder / "points.npy", "i")
            self.times = map_array(folder / "times.npy", "f")
        except (OSError, ValueError) as error:
            raise StoreUnusable(f"{folder} is not a complete store: {describe(error)}") from error
        ends, frames = self.rows.ends, int(self.rows.ends[-1]) if len(self.rows) else 0
        if self.points.shape != (frames, len(_columns(self.parts)), 3) or self.times.shape != (frames,) or not frames:
            raise StoreUnusable(f"{folder} is not a complete store: its files have different lengths; build it again")
        self.lengths: NDArray[np.int64] = np.diff(ends, prepend=0)
        self.starts: NDArray[np.int64] = ends - self.lengths

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, number: int) -> Take:
        """Return one whole take, in the 543-point layout."""
        row = self.rows[number]
        stored, times = self.read(number)
        points = np.full((len(times), POINT_COUNT, 3), np.nan, np.float32)
        points[:, _columns(self.parts)] = stored
        return Take(points, times.astype(np.float64), row.provenance)

    def read(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return points [time, points, 3] of the stored parts, NaN if missing, and times [time] from the start."""
        row = self.rows[number]
        times = self.times[row.start : row.stop]
        return dequantise(self.points[row.start : row.stop]), (times - times[0]).astype(np.float32)


def find_takes(folders: Iterable[Path]) -> list[Path]:
    """Return all takes below some folders, in order. Raises StoreUnusable if a folder holds none."""
    found = []
    for folder in folders:
        takes = sorted(folder.rglob(f"*{TAKE_SUFFIX}")) if folder.is_dir() else []
        takes = [path for path in takes if not path.name.startswith(".")]
        if not takes:
            raise StoreUnusable(f"{folder} holds no takes (*{TAKE_SUFFIX})")
        found += takes
    if not found:
        raise StoreUnusable("no folder of takes is named; name at least one")
    return found


def build_store(takes: Sequence[Path], parts: frozenset[Part], folder: Path, executor: Executor | None = None) -> Store:
    """Write a store of the takes and replace an existing one.

    Many takes are read by the executor, by default with one process per processor. Raises StoreUnusable, TakeDamaged.
    """
    ordered = parts_in_order(parts)
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    provenances: list[Provenance] = []
    lengths: list[int] = []
    with (
        _NpyWriter(new / "points.npy", np.int16, (len(_columns(ordered)), 3)) as points,
        _NpyWriter(new / "times.npy", np.float64, ()) as times,
        tqdm(total=len(takes), desc="store", unit="take") as progress,
    ):
        for chunk in _read_chunks(takes, ordered, executor):
            provenances += chunk.provenances
            lengths += chunk.lengths
            points.append(chunk.points)
            times.append(chunk.times)
            progress.update(len(chunk.provenances))
    np.savez_compressed(
        new / "index.npz",
        allow_pickle=False,
        format=np.array(FORMAT),
        parts=np.array([part.value for part in ordered]),
        ends=np.cumsum(lengths, dtype=np.int64),
        clip=np.array([provenance.clip for provenance in provenances]),
        landmarker=np.array([provenance.landmarker for provenance in provenances]),
        signer=np.array([provenance.signer or "" for provenance in provenances]),
        split=np.array([provenance.split or "" for provenance in provenances]),
        sign_id=np.array([provenance.sign_id for provenance in provenances]),
        variant=np.array([provenance.variant for provenance in provenances]),
    )
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
    return Store(folder)


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """Some consecutive takes, concatenated."""

    provenances: list[Provenance]
    lengths: list[int]
    points: NDArray[np.int16]
    times: NDArray[np.float64]


def _read_chunks(takes: Sequence[Path], parts: tuple[Part, ...], executor: Executor | None) -> Iterator[_Chunk]:
    """Yield the takes in order, one chunk at a time."""
    chunks = [takes[start : start + _CHUNK] for start in range(0, len(takes), _CHUNK)]
    if executor is None and len(takes) < _MIN_TAKES_FOR_WORKERS:
        for chunk in chunks:
            yield _checked(_read_takes(chunk, parts))
        return
    function = partial(_read_numbered, parts=parts)
    early: dict[int, _Chunk] = {}  # results that arrived before their turn
    turn = 0
    for (number, _), result in (executor or LocalExecutor(os.cpu_count() or 1)).run(function, list(enumerate(chunks))):
        early[number] = _checked(result)
        while turn in early:
            yield early.pop(turn)
            turn += 1


def _read_numbered(chunk: tuple[int, Sequence[Path]], parts: tuple[Part, ...]) -> _Chunk | TakeDamaged:
    return _read_takes(chunk[1], parts)


def _read_takes(paths: Sequence[Path], parts: tuple[Part, ...]) -> _Chunk | TakeDamaged:
    """Return the takes of some files, or the error of a damaged one."""
    try:
        takes = [StoredTake.load(path) for path in paths]
    except TakeDamaged as error:
        return error
    for path, take in zip(paths, takes, strict=True):
        if take.provenance.sign_id is None:
            return TakeDamaged(f"{path} does not name its sign")
    lengths = [len(take.times) for take in takes]
    points = np.full((sum(lengths), len(_columns(parts)), 3), MISSING, np.int16)
    ends = np.cumsum(lengths)
    for take, start, end in zip(takes, ends - lengths, ends, strict=True):
        first = 0
        for part in parts:
            last = first + PART_SLICES[part].stop - PART_SLICES[part].start
            if part in take.parts:
                points[start:end, first:last] = take.parts[part]
            first = last
    return _Chunk([take.provenance for take in takes], lengths, points, np.concatenate([take.times for take in takes]))


def _checked(result: _Chunk | TakeDamaged | WorkerLost) -> _Chunk:
    """Return the chunk of a successful result. Raises TakeDamaged, StoreUnusable for others."""
    if isinstance(result, WorkerLost):
        raise StoreUnusable(f"a worker died at each of {result.attempts} attempts, perhaps for want of memory")
    if isinstance(result, TakeDamaged):
        raise result
    return result


class _NpyWriter:
    """Writes an `.npy` file of rows [..., *shape] that grows by appending; closing it writes the number of rows."""

    def __init__(self, path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> None:
        self._file = path.open("wb")
        self._dtype, self._shape, self._rows = np.dtype(dtype), shape, 0
        self._write_header()

    def append(self, rows: NDArray[Any]) -> None:
        """Append some rows."""
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)
        self._rows += len(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        """Write the header; numpy pads it so that it can be overwritten with a larger number of rows."""
        content = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._rows, *self._shape),
        }
        np.lib.format.write_array_header_1_0(self._file, content)


def _columns(parts: Sequence[Part]) -> NDArray[np.int64]:
    """Return the indices of the parts' points in the layout, in order."""
    return np.concatenate([np.arange(POINT_COUNT)[PART_SLICES[part]] for part in parts])
