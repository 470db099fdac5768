"""Reads and writes `.pose` files (pose-format), which hold key points of people in pixels, frame by frame.

A header names the components (pose, face, hands) and their points; then follow the values of all frames and the
confidence of each point, 0 where it was not found. Versions 0.1 and 0.2; all numbers are little-endian.
https://github.com/sign-language-processing/pose/tree/master/docs/specs
The library of that name is not used: it brings 100 MB of video decoder along.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.parsing import describe, read_limited
from landmarkers.recording import RecordingUnreadable

POSE_SUFFIX: Final = ".pose"
_MAX_BYTES: Final = 1 << 28  # more than 9,000 frames of all of MediaPipe's points
_MIN_RATE: Final = 1.0  # frames a second
_MAX_RATE: Final = 1000.0
_FORMAT: Final = "XYZC"  # the letters of a point's values, the last one of its confidence
_VERSIONS: Final = {0.1: "<HHH", 0.2: "<fIH"}  # rate, frames, people


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a person: its name, the names of its points, and pairs of these that are joined by a line."""

    name: str
    points: Sequence[str]
    limbs: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PoseFile:
    """The key points of one person: values float32 [frames, points, 3], confidence [frames, points]; z may be NaN."""

    components: Sequence[Component]
    width: int
    height: int
    rate: float
    values: NDArray[np.float32]
    confidence: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file. Raises RecordingUnreadable for anything but the whole key points of one person."""
        try:
            return cls._read(_Bytes(read_limited(path, _MAX_BYTES)))
        except (OSError, ValueError) as error:
            raise RecordingUnreadable(f"{path} is not a readable pose file: {describe(error)}") from error

    @classmethod
    def _read(cls, content: "_Bytes") -> Self:
        """Read the content of a file. Raises ValueError."""
        version, width, height, _, count = content.numbers("<fHHHH")
        if round(version, 3) not in _VERSIONS:
            raise ValueError(f"its version is {version:.3g}, and 0.1 and 0.2 are read")
        if width == 0:
            raise ValueError("it does not say how wide its pictures were")
        read = [_read_component(content) for _ in range(count)]
        rate, frames, people = content.numbers(_VERSIONS[round(version, 3)])
        points = sum(len(component.points) for component, _ in read)
        dimensions = max((len(form) for _, form in read), default=1) - 1
        if people != 1:
            raise ValueError(f"it shows {people} people instead of one")
        if points == 0 or dimensions < 2:
            raise ValueError("it has no points with x and y")
        if not _MIN_RATE <= rate <= _MAX_RATE:
            raise ValueError(f"it says that it has {rate:g} frames a second")
        if round(version, 3) == 0.1:  # counts no more than 65,535 frames, so that its size tells their number
            frames = content.left // (4 * points * (dimensions + 1))
        if frames == 0:
            raise ValueError("it has no frames")
        values = content.floats((frames, points, dimensions))
        confidence = content.floats((frames, points))
        depth = values[..., 2:3] if dimensions > 2 else np.full((frames, points, 1), np.nan, np.float32)
        spatial = np.concatenate([values[..., :2], depth], -1)
        return cls([component for component, _ in read], width, height, rate, spatial, confidence)

    def save(self, path: Path) -> None:
        """Write the file, in version 0.2. Raises OSError."""
        content = [struct.pack("<fHHHH", 0.2, self.width, self.height, 0, len(self.components))]
        for component in self.components:
            counts = (len(component.points), len(component.limbs), 1)
            content += [_text(component.name), _text(_FORMAT), struct.pack("<HHH", *counts)]
            content += [_text(name) for name in component.points]
            content += [struct.pack("<HH", *limb) for limb in component.limbs]
            content.append(struct.pack("<HHH", 0, 128, 128))  # the colour of the lines
        content.append(struct.pack(_VERSIONS[0.2], self.rate, len(self.values), 1))
        content += [self.values.astype("<f4").tobytes(), self.confidence.astype("<f4").tobytes()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(content))


class _Bytes:
    """The content of a file, read from its start."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    @property
    def left(self) -> int:
        """The number of bytes that follow."""
        return len(self._content) - self._position

    def take(self, count: int) -> bytes:
        """Return the next bytes. Raises ValueError if there are fewer."""
        if count > self.left:
            raise ValueError("it ends too early")
        self._position += count
        return self._content[self._position - count : self._position]

    def numbers(self, form: str) -> tuple[Any, ...]:
        """Return the next numbers. Raises ValueError."""
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def text(self) -> str:
        """Return the next text. Raises ValueError."""
        return self.take(self.numbers("<H")[0]).decode()

    def floats(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return the next array. Raises ValueError."""
        return np.frombuffer(self.take(4 * math.prod(shape)), "<f4").reshape(shape).astype(np.float32)


def _read_component(content: _Bytes) -> tuple[Component, str]:
    """Return a component with the letters of its points' values. Raises ValueError."""
    name, form = content.text(), content.text()
    points, limbs, colours = content.numbers("<HHH")
    names = [content.text() for _ in range(points)]
    joined = [content.numbers("<HH") for _ in range(limbs)]
    content.take(6 * colours)
    return Component(name, names, [(first, second) for first, second in joined]), form


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<H", len(encoded)) + encoded
