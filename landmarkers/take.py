"""A take: a recorded stretch of landmarks, with its times and where it came from.

A take holds no picture, so it can leave a device without the signer's face. On disk it is an
`.npz` file: `provenance` (JSON), `times` (float64 seconds) and one int16 array per part
that was seen, [time, points, 3], in steps of 1/8192 of the picture's width, with -32768 for unseen.
The step is a tenth of a pixel of a 800-pixel picture, far below the networks' own noise, and makes
the file half the size of floats. The same take always gives the same bytes.
"""

import io
import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.errors import UserError
from landmarkers.frame import Landmarks, Points
from landmarkers.layout import LAYOUT_NAME, PART_SLICES, POINT_COUNT, Part

TAKE_SUFFIX: Final = ".take.npz"
FORMAT: Final = 1
STEPS_PER_UNIT: Final = 8192
MISSING: Final = -32768
# What reading a file that is no take, or a crafted one, may raise.
_UNREADABLE: Final = (
    AttributeError,
    OSError,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class TakeDamaged(UserError):
    """A file that is not a whole take; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a take came from. Unknown fields stay None; `variant` 0 is the clip as it was recorded."""

    clip: str
    landmarker: str
    signer: str | None = None
    split: str | None = None
    sign_id: int | None = None
    variant: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A stretch of landmarks: points float32 [time, 543, 3] and times float64 [time], seconds."""

    points: Points
    times: NDArray[np.float64]
    provenance: Provenance

    def __post_init__(self) -> None:
        if self.points.ndim != 3 or self.points.shape[1:] != (POINT_COUNT, 3):
            raise ValueError(f"a take needs points [time, {POINT_COUNT}, 3], got {list(self.points.shape)}")
        if self.times.shape != self.points.shape[:1]:
            raise ValueError(f"a take of {len(self.points)} frames needs as many times, got {self.times.shape}")
        if len(self.times) == 0:
            raise ValueError("a take needs at least one frame")
        if np.any(np.diff(self.times) <= 0):
            raise ValueError("the times of a take must grow strictly")

    @classmethod
    def from_landmarks(cls, landmarks: Sequence[Landmarks], provenance: Provenance) -> Self:
        """The take of some landmarks in a row."""
        points = np.stack([landmarks.points for landmarks in landmarks])
        return cls(points, np.array([landmarks.time for landmarks in landmarks]), provenance)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last."""
        return float(self.times[-1] - self.times[0])

    def visible(self, part: Part) -> NDArray[np.bool_]:
        """In which frames the part was found, [time]."""
        return ~np.isnan(self.points[:, PART_SLICES[part].start, 0])

    def landmarks(self) -> list[Landmarks]:
        """The take frame by frame."""
        return [Landmarks(points, float(time)) for points, time in zip(self.points, self.times, strict=True)]

    def save(self, path: Path) -> None:
        """Write the take; a reader sees the whole file or none."""
        content = {
            "provenance": np.array(json.dumps({"format": FORMAT, "layout": LAYOUT_NAME} | asdict(self.provenance))),
            "times": self.times,
        }
        for part, where in PART_SLICES.items():
            if self.visible(part).any():
                content[part.value] = quantise(self.points[:, where])
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **content)
        path.parent.mkdir(parents=True, exist_ok=True)
        half_written = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            half_written.write_bytes(buffer.getvalue())
            half_written.replace(path)
        finally:
            half_written.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a take. Raises TakeDamaged for anything but a whole take."""
        return cls._of_stored(StoredTake.load(path))

    @classmethod
    def read(cls, file: IO[bytes], name: str) -> Self:
        """Read a take from an open file that errors are to call by this name. Raises TakeDamaged as `load` does."""
        return cls._of_stored(StoredTake.read(file, name))

    @classmethod
    def _of_stored(cls, stored: "StoredTake") -> Self:
        points = np.full((len(stored.times), POINT_COUNT, 3), np.nan, np.float32)
        for part, steps in stored.parts.items():
            points[:, PART_SLICES[part]] = dequantise(steps)
        return cls(points, stored.times, stored.provenance)


@dataclass(frozen=True, slots=True, eq=False)
class StoredTake:
    """A take as its file holds it: of each part that was seen int16 steps [time, points, 3]."""

    parts: dict[Part, NDArray[np.int16]]
    times: NDArray[np.float64]
    provenance: Provenance

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a take. Raises TakeDamaged for anything but a whole take."""
        try:
            with path.open("rb") as file:
                return cls.read(file, str(path))
        except OSError as error:
            raise TakeDamaged(f"{path} is not a readable take: {error}") from error

    @classmethod
    def read(cls, file: IO[bytes], name: str) -> Self:
        """Read a take from an open file that errors are to call by this name. Raises TakeDamaged as `load` does."""
        try:
            with np.load(file, allow_pickle=False) as content:
                header = json.loads(str(content["provenance"]))
                if header.pop("format") != FORMAT or header.pop("layout") != LAYOUT_NAME:
                    raise TakeDamaged(f"{name} is a take of another format or layout")
                times = content["times"].astype(np.float64)
                parts = {part: content[part.value] for part in PART_SLICES if part.value in content}
            provenance = Provenance(**header)
        except _UNREADABLE as error:
            raise TakeDamaged(f"{name} is not a readable take: {error}") from error
        wrong = _why_no_take(parts, times)
        if wrong is not None:
            raise TakeDamaged(f"{name} is not a readable take: {wrong}")
        return cls(parts, times, provenance)


def _why_no_take(parts: dict[Part, NDArray[np.int16]], times: NDArray[np.float64]) -> str | None:
    """What keeps arrays from being a take; None where nothing does."""
    if times.ndim != 1 or len(times) == 0 or not np.all(np.diff(times) > 0):
        return "its times are not some that grow strictly"
    for part, steps in parts.items():
        where = PART_SLICES[part]
        if steps.dtype != np.int16 or steps.shape != (len(times), where.stop - where.start, 3):
            return f"its {part.value} is {steps.dtype} {list(steps.shape)} for {len(times)} frames"
    return None


def quantise(points: Points) -> NDArray[np.int16]:
    """Points as they are stored, int16; NaN becomes MISSING."""
    steps = np.clip(np.rint(points * STEPS_PER_UNIT), MISSING + 1, -MISSING - 1)
    return np.where(np.isnan(steps), MISSING, steps).astype(np.int16)


def dequantise(steps: NDArray[np.int16]) -> Points:
    """Stored points in picture widths, float32; MISSING becomes NaN."""
    return np.where(steps == MISSING, np.nan, steps / STEPS_PER_UNIT).astype(np.float32)
