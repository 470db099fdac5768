"""Builds a store: reads takes, in several processes if they are many, and writes them as the files of a store."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray
from tqdm import tqdm

from landmarkers.consent import Purpose
from landmarkers.layout import PART_SLICES, Part, parts_in_order
from landmarkers.quantisation import MISSING
from landmarkers.take import MAX_FRAMES, Provenance, StoredTake, TakeDamaged
from trainer.data.executor import Executor, LocalExecutor, WorkerLost
from trainer.data.store import CONSENT, FORMAT, NO_SIGN, STORE, Store, StoreUnusable, columns_of
from trainer.data.store_sources import Source, write_sources
from trainer.targets import replace_folder

_CHUNK: Final = 64  # takes that are read and written at a time
_MIN_TAKES_FOR_WORKERS: Final = 5000  # fewer are read before processes have started


def build_store(
    takes: Sequence[Path],
    parts: frozenset[Part],
    folder: Path,
    executor: Executor | None = None,
    check: Callable[[Store], None] | None = None,
) -> Store:
    """Write a store of the takes and replace an existing one.

    Many takes are read by the executor, by default with one process per processor. `check` may raise an error for the
    new store, and so keep the existing one. Raises StoreUnusable, TakeDamaged, TargetRefused.
    """
    with replace_folder(folder, STORE) as new:
        _write_store(takes, parts_in_order(parts), new, executor)
        if check is not None:
            check(Store(new))
    return Store(folder)


def _write_store(takes: Sequence[Path], ordered: tuple[Part, ...], new: Path, executor: Executor | None) -> None:
    provenances: list[Provenance] = []
    lengths: list[int] = []
    sources: list[Source] = []
    with (
        NpyWriter(new / "points.npy", np.int16, (len(columns_of(ordered)), 3)) as points,
        NpyWriter(new / "times.npy", np.float64, ()) as times,
        tqdm(total=len(takes), desc="store", unit="take") as progress,
    ):
        for chunk in _read_chunks(takes, ordered, executor):
            provenances += chunk.provenances
            _check_landmarker(provenances[0], chunk.provenances)
            _check_consent(chunk.provenances)
            lengths += chunk.lengths
            sources += chunk.sources
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
        sign_id=np.array([_sign_number(provenance) for provenance in provenances]),
        variant=np.array([provenance.variant for provenance in provenances]),
        **{
            CONSENT: np.array(
                [provenance.consent.consent_id if provenance.consent else "" for provenance in provenances]
            )
        },
    )
    write_sources(sources, new)


def _check_consent(provenances: Sequence[Provenance]) -> None:
    """Raise StoreUnusable for a take that somebody gave to a device alone, and to no next model."""
    for one in provenances:
        if one.consent is not None and one.consent.purpose is not Purpose.TRAINING:
            raise StoreUnusable(
                f"{one.consent.person} agreed to the take of {one.clip} for a device alone, so no model is trained on "
                "it; leave it out"
            )


def _sign_number(provenance: Provenance) -> int:
    return NO_SIGN if provenance.sign_id is None else provenance.sign_id


def _check_landmarker(first: Provenance, others: Sequence[Provenance]) -> None:
    """Raise StoreUnusable unless all takes hold landmarks of one landmarker, as a model is trained on those of one."""
    for one in others:
        if one.landmarker != first.landmarker:
            raise StoreUnusable(
                f"the take of {one.clip} holds landmarks of {one.landmarker}, and that of {first.clip} those of "
                f"{first.landmarker}; extract all takes with one landmarker"
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """Some consecutive takes, concatenated."""

    provenances: list[Provenance]
    lengths: list[int]
    sources: list[Source]
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
        sources = [Source.of(path) for path in paths]  # before the takes: what replaces one meanwhile is noticed later
        takes = [StoredTake.load(path, MAX_FRAMES) for path in paths]
    except TakeDamaged as error:
        return error
    except OSError as error:
        return TakeDamaged(f"{error.filename} cannot be read: {error.strerror}")
    lengths = [len(take.times) for take in takes]
    points = np.full((sum(lengths), len(columns_of(parts)), 3), MISSING, np.int16)
    ends = np.cumsum(lengths)
    for take, start, end in zip(takes, ends - lengths, ends, strict=True):
        first = 0
        for part in parts:
            last = first + PART_SLICES[part].stop - PART_SLICES[part].start
            if part in take.parts:
                points[start:end, first:last] = take.parts[part]
            first = last
    times = np.concatenate([take.times for take in takes])
    return _Chunk([take.provenance for take in takes], lengths, sources, points, times)


def _checked(result: _Chunk | TakeDamaged | WorkerLost) -> _Chunk:
    """Return the chunk of a successful result. Raises TakeDamaged, StoreUnusable for others."""
    if isinstance(result, WorkerLost):
        raise StoreUnusable(f"a worker died at each of {result.attempts} attempts, perhaps for want of memory")
    if isinstance(result, TakeDamaged):
        raise result
    return result


class NpyWriter:
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
