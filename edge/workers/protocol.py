"""Framing of the messages between parent and worker: a line of JSON, followed by as many bytes as its `bytes` says.

Each kind of message is a frozen dataclass of plain values. The value of its `bytes` field, if it has one, is not part
of the JSON but follows it, so that nothing of what strangers sent is parsed here.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar, get_args, get_origin


class Message(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Reports that the worker still runs."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Reports why the worker cannot do its job; it ends after that."""

    reason: str


Joints = tuple[tuple[float, float] | None, ...]
"""The 21 points of the left hand, the 33 of the pose and the 21 of the right hand.

x and y are in units of the image's width; None stands for a point that is not visible.
"""

M = TypeVar("M", bound=Message)

_MAX_MESSAGE_BYTES: Final = 1 << 23
_EXCERPT_BYTES: Final = 80


class ProtocolError(Exception):
    """Received bytes are not a valid message."""


def encode(message: Message) -> bytes:
    """Return the bytes of a message."""
    header: dict[str, Any] = {"type": _type_name(type(message))}
    payload = b""
    for field in fields(message):
        value = getattr(message, field.name)
        if field.type is bytes:
            payload = value
        else:
            header[field.name] = value
    if payload:
        header["bytes"] = len(payload)
    # Half a surrogate pair, which no text may have, becomes a question mark.
    return json.dumps(header, ensure_ascii=False).encode(errors="replace") + b"\n" + payload


class Decoder(Generic[M]):
    """Assembles messages from chunks of a byte stream."""

    def __init__(self, kinds: Iterable[type[M]]) -> None:
        """Accept messages of these kinds only."""
        self._kinds = {_type_name(kind): kind for kind in kinds}
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[M]:
        """Yield the messages that this chunk completes. Raises ProtocolError."""
        self._buffer += chunk
        while (end := self._buffer.find(b"\n")) >= 0:
            try:
                header = json.loads(self._buffer[:end])
                message_end = end + 1 + _payload_bytes(header)
                if len(self._buffer) < message_end:
                    break
                message = self._parse(header, bytes(self._buffer[end + 1 : message_end]))
            except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
                raise ProtocolError(f"invalid message: {bytes(self._buffer[:_EXCERPT_BYTES])!r}") from error
            del self._buffer[:message_end]
            yield message
        if len(self._buffer) > _MAX_MESSAGE_BYTES:
            raise ProtocolError(f"a message of more than {_MAX_MESSAGE_BYTES} bytes")

    def _parse(self, header: dict[str, Any], payload: bytes) -> M:
        kind = self._kinds[header.pop("type")]
        content: dict[str, Any] = {}
        for field in fields(kind):
            if field.type is bytes:
                content |= {field.name: payload} if payload else {}
            elif field.name in header:
                declared: Any = field.type
                content[field.name] = value = _to_tuples(header[field.name])
                if not _checker(declared)(value):
                    raise ValueError(f"{field.name} is not {declared}")
        return kind(**content)


def _type_name(kind: type) -> str:
    return kind.__name__.lower()


def _payload_bytes(header: dict[str, Any]) -> int:
    count = header.pop("bytes", 0)
    if type(count) is not int or not 0 <= count <= _MAX_MESSAGE_BYTES:
        raise ValueError("bytes is not a number of bytes")
    return count


@cache
def _checker(kind: Any) -> Callable[[Any], bool]:
    """Return the test of a value for a field's type; pydantic has one, but would double the caption worker's memory."""
    checks = [_checker(one) for one in get_args(kind) if one is not ...]
    if isinstance(kind, UnionType):
        return lambda value: any(check(value) for check in checks)
    if get_origin(kind) is tuple and ... in get_args(kind):
        return lambda value: type(value) is tuple and all(map(checks[0], value))
    if get_origin(kind) is tuple:
        return lambda value: (
            type(value) is tuple
            and len(value) == len(checks)
            and all(check(one) for check, one in zip(checks, value, strict=True))
        )
    if kind is float:
        return lambda value: type(value) is float or type(value) is int
    return lambda value: type(value) is (get_origin(kind) or kind)


def _to_tuples(value: Any) -> Any:
    return tuple(_to_tuples(one) for one in value) if isinstance(value, list) else value
