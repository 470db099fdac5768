"""A take: a recorded segment of landmarks, with its times and provenance.

A take contains no image, so it can leave a device without the signer's face. On disk it is an
`.npz` file: `provenance` (JSON), `times` (float64 seconds) and one int16 array per part
that was detected, [time, points, 3], in steps of 1/8192 of the image's width, with -32768 for missing.
The step is a tenth of a pixel of an 800-pixel image, far below the networks' own noise, and makes
the file half the size of floats. The same take always has the same bytes.
"""

import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from landmarkers.array_archive import ArrayArchive
from landmarkers.consent import Consent, Said
from landmarkers.errors import UserError
from landmarkers.frame import Landmarks, Points
from landmarkers.layout import LAYOUT_NAME, PART_SLICES, POINT_COUNT, Part
from landmarkers.parsing import describe, read_json
from landmarkers.quantisation import MISSING, dequantise, quantise
from landmarkers.review import Review

TAKE_SUFFIX: Final = ".take.npz"
FORMAT: Final = 1
MAX_FRAMES: Final = 9000
"""Of a take in memory, where each frame has all points: five minutes of 30 frames a second."""
_MAX_ARRAY_BYTES: Final = 64_000_000  # of a file: more than an hour of hands and pose
_MAX_STORED_FRAMES: Final = 500_000
_FRAME_BYTES: Final = POINT_COUNT * 3 * 2 + 8
_MAX_HEADER_BYTES: Final = 1 << 16


class TakeDamaged(UserError):
    """A file that is not a whole take; the message names the file and the reason."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """The source of a take, by which a later extraction recognises whether the take is still right.

    `dataset` identifies the data set, `parts` are the body parts that were looked for, the others describe the clip's
    content as it was read: bytes, time of the last change in nanoseconds since 1970, and SHA-256.
    """

    dataset: str
    parts: tuple[Part, ...]
    clip_bytes: int
    clip_modified_ns: int
    clip_sha256: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """The provenance of a take. What is not known is None; `variant` 0 is the clip as it was recorded.

    `consent` is that by which the take is kept, `said` what the model said of it, and `review` what a person decided
    about it. Keys of another release are ignored when a take is read. Two takes of one clip are equal in provenance
    whatever is known of their extraction.
    """

    clip: str
    landmarker: str
    signer: str | None = None
    split: str | None = None
    sign_id: int | None = None
    variant: int = 0
    extraction: Extraction | None = field(default=None, compare=False)
    consent: Consent | None = field(default=None, compare=False)
    said: Said | None = field(default=None, compare=False)
    review: Review | None = field(default=None, compare=False)

    def as_content(self) -> dict[str, Any]:
        """Return what is written of it, in the types of JSON; of what later releases added, only what is known."""
        content = _PROVENANCE.dump_python(self, mode="json")
        return {key: value for key, value in content.items() if value is not None or key not in _ADDED_LATER}


_PROVENANCE: Final = TypeAdapter(Provenance)
_ADDED_LATER: Final = {"extraction", "consent", "said", "review"}


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A sequence of landmarks: points float32 [time, 543, 3] and times float64 [time], seconds."""

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
            raise ValueError("the times of a take must increase strictly")

    @classmethod
    def from_landmarks(cls, landmarks: Sequence[Landmarks], provenance: Provenance) -> Self:
        """Create a take from the landmarks of consecutive frames."""
        points = np.stack([landmarks.points for landmarks in landmarks])
        return cls(points, np.array([landmarks.time for landmarks in landmarks]), provenance)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def duration(self) -> float:
        """The seconds from the first frame to the last."""
        return float(self.times[-1] - self.times[0])

    def visible(self, part: Part) -> NDArray[np.bool_]:
        """Return a mask [time] of the frames in which the part was detected."""
        return ~np.isnan(self.points[:, PART_SLICES[part].start, 0])

    def landmarks(self) -> list[Landmarks]:
        """Return the landmarks of each frame."""
        return [Landmarks(points, float(time)) for points, time in zip(self.points, self.times, strict=True)]

    def stored(self) -> "StoredTake":
        """Return the take as its file holds it."""
        parts = {
            part: quantise(self.points[:, part_slice])
            for part, part_slice in PART_SLICES.items()
            if self.visible(part).any()
        }
        return StoredTake(parts, self.times, self.provenance)

    def save(self, path: Path) -> None:
        """Write the take atomically: a reader sees the whole file or none."""
        self.stored().save(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a take. Raises TakeDamaged for anything but a whole take."""
        return cls.from_stored(StoredTake.load(path, MAX_FRAMES))

    @classmethod
    def from_stored(cls, stored: "StoredTake") -> Self:
        """Return the take that is stored, to a step's precision."""
        points = np.full((len(stored.times), POINT_COUNT, 3), np.nan, np.float32)
        for part, steps in stored.parts.items():
            points[:, PART_SLICES[part]] = dequantise(steps)
        return cls(points, stored.times, stored.provenance)


@dataclass(frozen=True, slots=True, eq=False)
class StoredTake:
    """A take as stored in its file: int16 steps [time, points, 3] of each part that was detected."""

    parts: dict[Part, NDArray[np.int16]]
    times: NDArray[np.float64]
    provenance: Provenance

    @classmethod
    def load(cls, path: Path, max_frames: int = _MAX_STORED_FRAMES) -> Self:
        """Read a take. Raises TakeDamaged for anything but a whole take."""
        with _open(path) as file:
            return cls.read(file, str(path), max_frames)

    @classmethod
    def read(cls, file: IO[bytes], name: str, max_frames: int = _MAX_STORED_FRAMES) -> Self:
        """Read a take from an open file; errors call it by this name. Raises TakeDamaged."""
        try:
            archive = ArrayArchive(file, min(_MAX_ARRAY_BYTES, max_frames * _FRAME_BYTES + _MAX_HEADER_BYTES))
            provenance = _provenance_in(archive, name)
            times = archive.read("times", "f")
            _check_times(times, max_frames)
            parts = {part: archive.read(part.value, "i") for part in PART_SLICES if part.value in archive.names}
        except ValueError as error:
            raise TakeDamaged(f"{name} is not a readable take: {describe(error)}") from error
        for part, steps in parts.items():
            expected = (len(times), PART_SLICES[part].stop - PART_SLICES[part].start, 3)
            if steps.dtype != np.int16 or steps.shape != expected:
                raise TakeDamaged(
                    f"{name} is not a readable take: its {part.value} is {steps.dtype} {list(steps.shape)}, "
                    f"not int16 {list(expected)}"
                )
        return cls(parts, times.astype(np.float64), provenance)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def duration(self) -> float:
        """The seconds from the first frame to the last."""
        return float(self.times[-1] - self.times[0])

    @property
    def landmarks_sha256(self) -> str:
        """The SHA-256 of the landmarks and their times: of one take, whatever is known of it."""
        digest = sha256(self.times.astype("<f8").tobytes())
        for part in PART_SLICES:
            steps = self.parts.get(part)
            digest.update(b"" if steps is None else part.value.encode() + steps.astype("<i2").tobytes())
        return digest.hexdigest()

    def has_landmarks_of(self, other: "StoredTake") -> bool:
        """Return whether another take has the same landmarks at the same times, whatever its provenance."""
        return self.landmarks_sha256 == other.landmarks_sha256

    def visible(self, part: Part) -> NDArray[np.bool_]:
        """Return a mask [time] of the frames in which the part was detected."""
        return self.parts[part][:, 0, 0] != MISSING if part in self.parts else np.zeros(len(self), np.bool_)

    def to_bytes(self) -> bytes:
        """Return the content of the take's file."""
        header = {"format": FORMAT, "layout": LAYOUT_NAME} | self.provenance.as_content()
        parts = {part.value: self.parts[part] for part in PART_SLICES if part in self.parts}
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, allow_pickle=False, provenance=np.array(json.dumps(header)), times=self.times, **parts
        )
        return buffer.getvalue()

    def save(self, path: Path) -> None:
        """Write the take atomically: a reader sees the whole file or none."""
        content = self.to_bytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def landmarks(self) -> Iterator[Landmarks]:
        """Yield the landmarks of each frame, with the times counted from the first; only one frame takes memory."""
        for number, time in enumerate(self.times - self.times[0]):
            points = np.full((POINT_COUNT, 3), np.nan, np.float32)
            for part, steps in self.parts.items():
                points[PART_SLICES[part]] = dequantise(steps[number])
            yield Landmarks(points, float(time))


def read_provenance(path: Path) -> Provenance:
    """Read only the provenance of a take. Raises TakeDamaged."""
    with _open(path) as file:
        return _provenance_in(ArrayArchive(file, _MAX_HEADER_BYTES), str(path))


def read_duration(path: Path) -> float:
    """Read only the seconds from a take's first frame to its last. Raises TakeDamaged."""
    with _open(path) as file:
        times = ArrayArchive(file, _MAX_STORED_FRAMES * np.dtype(np.float64).itemsize).read("times", "f")
        _check_times(times, _MAX_STORED_FRAMES)
    return float(times[-1] - times[0])


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """Open a take. Raises TakeDamaged also for each OSError and ValueError of who reads it."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise TakeDamaged(f"{path} is not a readable take: {error.strerror or describe(error)}") from error
    except ValueError as error:  # no path can hold a zero byte
        raise TakeDamaged(f"{path} is not a readable take: {describe(error)}") from error


def _provenance_in(archive: ArrayArchive, name: str) -> Provenance:
    """Raise TakeDamaged for a take of another format or layout, ValueError for what is no take."""
    header = read_json(archive.read_text("provenance"))
    _check_format(header, name)
    return _PROVENANCE.validate_python(header)


def _check_format(header: Any, name: str) -> None:
    """Raise TakeDamaged for a take of another format or layout, ValueError for what is no header of a take."""
    if not isinstance(header, dict):
        raise ValueError("its provenance is no object")  # noqa: TRY004  # the file is wrong, not the program
    form, layout = header.get("format"), header.get("layout")
    if isinstance(form, int) and form > FORMAT:
        raise TakeDamaged(f"{name} is a take of a later format; install a later ishara to read it")
    if form != FORMAT or layout != LAYOUT_NAME:
        raise TakeDamaged(f"{name} is a take of another format or layout; record or extract it again")


def _check_times(times: NDArray[Any], max_frames: int) -> None:
    """Raise ValueError unless there are frames, not too many, whose times increase."""
    if times.ndim != 1:
        raise ValueError(f"its times are of {list(times.shape)}")
    if len(times) > max_frames:
        raise ValueError(f"it has {len(times)} frames, and at most {max_frames} are read")
    if len(times) == 0 or not np.isfinite(times).all() or not np.all(np.diff(times) > 0):
        raise ValueError("its times do not increase strictly")
