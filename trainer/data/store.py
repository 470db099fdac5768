"""A memory-mapped store of takes: what training reads.

One folder: `points.npy` int16 [frames, points, 3] (the takes' own steps and only the stored parts),
`times.npy` float64 [frames], `index.npz` with one row a take. Opening it reads the index alone; a
batch touches only its own frames.
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

from landmarkers.errors import UserError
from landmarkers.layout import PART_SLICES, POINT_COUNT, Part, parts_in_order
from landmarkers.take import MISSING, TAKE_SUFFIX, Provenance, StoredTake, Take, TakeDamaged, dequantise
from trainer.data.executor import Executor, LocalExecutor, WorkerLost

FORMAT: Final = 1
_CHUNK: Final = 64  # takes that are read and written at a time
_WORTH_WORKERS: Final = 5000  # takes: fewer are read before processes have started


class StoreUnusable(UserError):
    """A store that is missing, of another format, or that would hold nothing; the message names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One take in the store."""

    provenance: Provenance
    start: int
    stop: int


class Rows(Sequence[Row]):
    """The rows of a store's index, made when they are looked at: most who open a large store look at few."""

    def __init__(self, index: np.lib.npyio.NpzFile) -> None:
        """Raises KeyError."""
        names = ("clip", "landmarker", "signer", "split", "sign_id", "variant", "ends")
        self._columns: list[list[Any]] = [index[name].tolist() for name in names]

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, number: int) -> Row: ...
    @overload
    def __getitem__(self, number: slice) -> list[Row]: ...
    def __getitem__(self, number: int | slice) -> Row | list[Row]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        clip, landmarker, signer, split, sign_id, variant, ends = self._columns
        start = ends[number - 1] if number % len(self) else 0
        origin = Provenance(
            clip[number],
            landmarker[number],
            signer[number] or None,
            split[number] or None,
            sign_id[number],
            variant[number],
        )
        return Row(origin, start, ends[number])


class Store:
    """Takes in one memory-mapped file set.

    `points` [frames, points, 3] are the steps of all takes, `times` [frames] their seconds; `starts` and `lengths`
    [takes] tell where each take's frames lie.
    """

    def __init__(self, folder: Path) -> None:
        """Open a store. Raises StoreUnusable."""
        try:
            with np.load(folder / "index.npz", allow_pickle=False) as index:
                if int(index["format"]) != FORMAT:
                    raise StoreUnusable(f"{folder} is a store of another format; build it again")
                self.parts = tuple(Part(name) for name in index["parts"].tolist())
                self.rows = Rows(index)
                ends = index["ends"]
            # Plain arrays over the mapped files: numpy's own class for these makes every look dearer.
            self.points = np.asarray(np.load(folder / "points.npy", mmap_mode="r"))
            self.times = np.asarray(np.load(folder / "times.npy", mmap_mode="r"))
        except (OSError, KeyError, ValueError) as error:
            raise StoreUnusable(f"{folder} is not a whole store: {error}") from error
        if not len(self.points) == len(self.times) == int(ends[-1]):
            raise StoreUnusable(f"{folder} is not a whole store: its files are of different lengths")
        self.lengths: NDArray[np.int64] = np.diff(ends, prepend=0)
        self.starts: NDArray[np.int64] = ends - self.lengths

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, number: int) -> Take:
        """One take whole, in the 543-point layout."""
        row = self.rows[number]
        stored, times = self.read(number)
        points = np.full((len(times), POINT_COUNT, 3), np.nan, np.float32)
        points[:, _columns(self.parts)] = stored
        return Take(points, times.astype(np.float64), row.provenance)

    def read(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Points [time, points, 3] of the stored parts, NaN unseen, and times [time] from the take's start."""
        row = self.rows[number]
        times = self.times[row.start : row.stop]
        return dequantise(self.points[row.start : row.stop]), (times - times[0]).astype(np.float32)


def find_takes(folders: Iterable[Path]) -> list[Path]:
    """All takes below some folders, in order. Raises StoreUnusable when a folder holds none."""
    found = []
    for folder in folders:
        takes = sorted(folder.rglob(f"*{TAKE_SUFFIX}")) if folder.is_dir() else []
        takes = [path for path in takes if not path.name.startswith(".")]
        if not takes:
            raise StoreUnusable(f"{folder} holds no takes (*{TAKE_SUFFIX})")
        found += takes
    if not found:
        raise StoreUnusable("no folder of takes is named")
    return found


def build_store(takes: Sequence[Path], parts: frozenset[Part], folder: Path, engine: Executor | None = None) -> Store:
    """Write a store of the takes, replacing the one that was there.

    Many takes are read by the engine, by default by a process for each processor. Raises StoreUnusable, TakeDamaged.
    """
    ordered = parts_in_order(parts)
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    origins: list[Provenance] = []
    lengths: list[int] = []
    with (
        _GrowingFile(new / "points.npy", np.int16, (len(_columns(ordered)), 3)) as points,
        _GrowingFile(new / "times.npy", np.float64, ()) as times,
        tqdm(total=len(takes), desc="store", unit="take") as progress,
    ):
        for piece in _pieces(takes, ordered, engine):
            origins += piece.origins
            lengths += piece.lengths
            points.append(piece.points)
            times.append(piece.times)
            progress.update(len(piece.origins))
    np.savez_compressed(
        new / "index.npz",
        allow_pickle=False,
        format=np.array(FORMAT),
        parts=np.array([part.value for part in ordered]),
        ends=np.cumsum(lengths, dtype=np.int64),
        clip=np.array([origin.clip for origin in origins]),
        landmarker=np.array([origin.landmarker for origin in origins]),
        signer=np.array([origin.signer or "" for origin in origins]),
        split=np.array([origin.split or "" for origin in origins]),
        sign_id=np.array([origin.sign_id for origin in origins]),
        variant=np.array([origin.variant for origin in origins]),
    )
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
    return Store(folder)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Some takes in a row."""

    origins: list[Provenance]
    lengths: list[int]
    points: NDArray[np.int16]
    times: NDArray[np.float64]


def _pieces(takes: Sequence[Path], parts: tuple[Part, ...], engine: Executor | None) -> Iterator[_Piece]:
    """The takes in order, some at a time."""
    chunks = [takes[start : start + _CHUNK] for start in range(0, len(takes), _CHUNK)]
    if engine is None and len(takes) < _WORTH_WORKERS:
        for chunk in chunks:
            yield _checked(_read(chunk, parts))
        return
    work = partial(_read_numbered, parts=parts)
    early: dict[int, _Piece] = {}  # what came before its turn
    turn = 0
    for (number, _), answer in (engine or LocalExecutor(os.cpu_count() or 1)).run(work, list(enumerate(chunks))):
        early[number] = _checked(answer)
        while turn in early:
            yield early.pop(turn)
            turn += 1


def _read_numbered(chunk: tuple[int, Sequence[Path]], parts: tuple[Part, ...]) -> _Piece | TakeDamaged:
    return _read(chunk[1], parts)


def _read(paths: Sequence[Path], parts: tuple[Part, ...]) -> _Piece | TakeDamaged:
    """The takes of these files, or what is wrong with one."""
    try:
        takes = [StoredTake.load(path) for path in paths]
    except TakeDamaged as error:
        return error
    for path, take in zip(paths, takes, strict=True):
        if take.provenance.sign_id is None:
            return TakeDamaged(f"{path} does not say which sign it is")
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
    return _Piece([take.provenance for take in takes], lengths, points, np.concatenate([take.times for take in takes]))


def _checked(answer: _Piece | TakeDamaged | WorkerLost) -> _Piece:
    """The piece, unless something else came of it. Raises TakeDamaged, StoreUnusable."""
    if isinstance(answer, WorkerLost):
        raise StoreUnusable(f"a worker died at each of {answer.attempts} attempts, perhaps for want of memory")
    if isinstance(answer, TakeDamaged):
        raise answer
    return answer


class _GrowingFile:
    """An `.npy` file that rows [..., *shape] are appended to; how many there are is written when it is closed."""

    def __init__(self, path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> None:
        self._file = path.open("wb")
        self._dtype, self._shape, self._rows = np.dtype(dtype), shape, 0
        self._write_header()

    def append(self, rows: NDArray[Any]) -> None:
        """Write some rows behind the others."""
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
        """Numpy leaves room in the header for the number of rows to grow, so that it can be written over."""
        content = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._rows, *self._shape),
        }
        np.lib.format.write_array_header_1_0(self._file, content)


def _columns(parts: Sequence[Part]) -> NDArray[np.int64]:
    """Numbers in the layout of the parts' points, in order."""
    return np.concatenate([np.arange(POINT_COUNT)[PART_SLICES[part]] for part in parts])
