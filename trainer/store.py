"""A memory-mapped store of takes: what training reads.

One folder: `points.npy` int16 [frames, points, 3] (the takes' own steps and only the stored parts),
`times.npy` float64 [frames], `index.npz` with one row a take. Opening it reads the index alone; a
batch touches only its own frames.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from landmarkers.layout import PART_SLICES, POINT_COUNT, Part, parts_in_order
from landmarkers.take import TAKE_SUFFIX, Origin, Take, TakeDamaged, from_steps, to_steps

FORMAT: Final = 1


class StoreUnusable(Exception):
    """A store that is missing, of another format, or that would hold nothing; the message names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One take in the store."""

    origin: Origin
    start: int
    stop: int


class Store:
    """Takes in one memory-mapped file set."""

    def __init__(self, folder: Path) -> None:
        """Open a store. Raises StoreUnusable."""
        try:
            with np.load(folder / "index.npz", allow_pickle=False) as index:
                if int(index["format"]) != FORMAT:
                    raise StoreUnusable(f"{folder} is a store of another format; build it again")
                self.parts = tuple(Part(name) for name in index["parts"].tolist())
                self.rows = _rows(index)
            self._points = np.load(folder / "points.npy", mmap_mode="r")
            self._times = np.load(folder / "times.npy", mmap_mode="r")
        except (OSError, KeyError, ValueError) as error:
            raise StoreUnusable(f"{folder} is not a whole store: {error}") from error

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, number: int) -> Take:
        """One take whole, in the 543-point layout."""
        row = self.rows[number]
        stored, times = self.read(number)
        points = np.full((len(times), POINT_COUNT, 3), np.nan, np.float32)
        points[:, _columns(self.parts)] = stored
        return Take(points, times.astype(np.float64), row.origin)

    def read(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Points [time, points, 3] of the stored parts, NaN unseen, and times [time] from the take's start."""
        row = self.rows[number]
        times = self._times[row.start : row.stop]
        return from_steps(self._points[row.start : row.stop]), (times - times[0]).astype(np.float32)


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


def build(takes: Sequence[Path], parts: frozenset[Part], folder: Path) -> Store:
    """Write a store of the takes, replacing the one that was there. Raises StoreUnusable, TakeDamaged."""
    origins, lengths = [], []
    for path in tqdm(takes, desc="measure", unit="take"):
        take = Take.load(path)
        if take.origin.sign_id is None:
            raise TakeDamaged(f"{path} does not say which sign it is")
        origins.append(take.origin)
        lengths.append(len(take))
    ends = np.cumsum(lengths, dtype=np.int64)
    ordered = parts_in_order(parts)
    columns = _columns(ordered)
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    shape = (int(ends[-1]), len(columns), 3)
    points = np.lib.format.open_memmap(new / "points.npy", mode="w+", dtype=np.int16, shape=shape)
    times = np.lib.format.open_memmap(new / "times.npy", mode="w+", dtype=np.float64, shape=shape[:1])
    for path, length, stop in tqdm(zip(takes, lengths, ends, strict=True), total=len(takes), desc="store", unit="take"):
        take = Take.load(path)
        where = slice(int(stop) - length, int(stop))
        points[where] = to_steps(take.points[:, columns])
        times[where] = take.times
    points.flush()
    times.flush()
    np.savez_compressed(
        new / "index.npz",
        allow_pickle=False,
        format=np.array(FORMAT),
        parts=np.array([part.value for part in ordered]),
        ends=ends,
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


def _columns(parts: Sequence[Part]) -> NDArray[np.int64]:
    """Numbers in the layout of the parts' points, in order."""
    return np.concatenate([np.arange(POINT_COUNT)[PART_SLICES[part]] for part in parts])


def _rows(index: np.lib.npyio.NpzFile) -> tuple[Row, ...]:
    names = ("clip", "landmarker", "signer", "split", "sign_id", "variant", "ends")
    columns = [index[name].tolist() for name in names]
    rows, start = [], 0
    for clip, landmarker, signer, split, sign_id, variant, stop in zip(*columns, strict=True):
        rows.append(Row(Origin(clip, landmarker, signer or None, split or None, sign_id, variant), start, stop))
        start = stop
    return tuple(rows)
