"""How the daemon and a companion speak: a message is a line of JSON, followed by as many bytes as its `bytes` says.

Each kind of message is a frozen dataclass of plain values; one that has a `picture` has it sent as those bytes.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar


class Message(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Alive:
    """The companion still runs."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The companion cannot do what it is there for; why."""

    why: str


Joints = tuple[tuple[float, float] | None, ...]
"""The 21 points of the left hand, the 33 of the pose and the 21 of the right hand.

x and y are in widths of the picture; None stands for a point that is not seen.
"""

M = TypeVar("M", bound=Message)

_PICTURE: Final = "picture"
_LONGEST: Final = 1 << 23
_SHOWN: Final = 80


class Garbled(Exception):
    """What arrived is no message."""


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    content: dict[str, Any] = asdict(message)
    picture: bytes = content.pop(_PICTURE, b"")
    header = {"type": _name(type(message))} | content | ({"bytes": len(picture)} if picture else {})
    return json.dumps(header, ensure_ascii=False).encode() + b"\n" + picture


class Decoder(Generic[M]):
    """Puts messages together from the pieces in which they arrive."""

    def __init__(self, kinds: Iterable[type[M]]) -> None:
        """`kinds` are those that may come."""
        self._kinds = {_name(kind): kind for kind in kinds}
        self._buffer = bytearray()

    def feed(self, piece: bytes) -> Iterator[M]:
        """The messages that are whole with this piece. Raises Garbled."""
        self._buffer += piece
        while (end := self._buffer.find(b"\n")) >= 0:
            try:
                header = json.loads(self._buffer[:end])
                there = end + 1 + header.pop("bytes", 0)
                if len(self._buffer) < there:
                    break
                message = self._message(header, bytes(self._buffer[end + 1 : there]))
            except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
                raise Garbled(f"no message: {bytes(self._buffer[:_SHOWN])!r}") from error
            del self._buffer[:there]
            yield message
        if len(self._buffer) > _LONGEST:
            raise Garbled(f"a message of more than {_LONGEST} bytes")

    def _message(self, header: dict[str, Any], picture: bytes) -> M:
        kind = self._kinds[header.pop("type")]
        names = {field.name for field in fields(kind)}
        content: dict[str, Any] = {name: _frozen(value) for name, value in header.items() if name in names}
        return kind(**content | ({_PICTURE: picture} if picture else {}))


def _name(kind: type) -> str:
    return kind.__name__.lower()


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
