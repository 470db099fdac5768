"""What the daemon tells the screen's program, and what that answers.

A message is a line of JSON; one with a picture is followed by as many bytes as its `bytes` says.
Moments are on the machine's monotonic clock, in seconds, which all its programs share.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

Joints = tuple[tuple[float, float] | None, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A word, and when it was said."""

    word: str
    english: str
    confidence: float
    at: float


@dataclass(frozen=True, slots=True)
class State:
    """What is wrong, by the names of Part, and whether the daemon is paused."""

    troubles: tuple[str, ...] = ()
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Clear:
    """Show no word that was said before."""


@dataclass(frozen=True, slots=True)
class Identify:
    """Show which device this is, until a moment."""

    name: str
    until: float


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the camera sees, and the signer in it.

    `joints` are the 21 points of the left hand, the 33 of the pose and the 21 of the right hand: x and y in widths of
    the picture, None where unseen. `aspect` is the picture's height by its width. `picture` is RGB of `size`, or empty.
    """

    at: float
    aspect: float
    joints: Joints
    size: tuple[int, int] = (0, 0)
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Ready:
    """The screen shows something, by this driver and of this size."""

    driver: str
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The word said at one moment was on the screen at another."""

    said_at: float
    at: float


@dataclass(frozen=True, slots=True)
class Alive:
    """The screen's program still runs."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The screen cannot be used; why."""

    why: str


Message = Said | State | Clear | Identify | View | Ready | Drawn | Alive | Lost

_KINDS: Final[dict[str, type[Message]]] = {
    kind.__name__.lower(): kind for kind in (Said, State, Clear, Identify, View, Ready, Drawn, Alive, Lost)
}


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    content: dict[str, Any] = asdict(message)
    picture: bytes = content.pop("picture", b"")
    header = {"type": type(message).__name__.lower()} | content | ({"bytes": len(picture)} if picture else {})
    return json.dumps(header, ensure_ascii=False).encode() + b"\n" + picture


class Decoder:
    """Puts messages together from the pieces in which they arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, piece: bytes) -> Iterator[Message]:
        """The messages that are whole with this piece."""
        self._buffer += piece
        while (end := self._buffer.find(b"\n")) >= 0:
            header = json.loads(self._buffer[:end])
            there = end + 1 + header.pop("bytes", 0)
            if len(self._buffer) < there:
                return
            yield _message(header, bytes(self._buffer[end + 1 : there]))
            del self._buffer[:there]


def _message(header: dict[str, Any], picture: bytes) -> Message:
    kind = _KINDS[header.pop("type")]
    names = {field.name for field in fields(kind)}
    content: dict[str, Any] = {name: _frozen(value) for name, value in header.items() if name in names}
    return kind(**content | ({"picture": picture} if picture else {}))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
