"""What the web process and the process of the visitors' recognition tell each other through pipes.

A message is the lengths of a header and of what follows it, four bytes each, the header in JSON, and the content. No
more is taken from one side by the other than JSON says: what strangers sent is in the content alone.
"""

import asyncio
import json
import struct
from dataclasses import dataclass, field
from typing import IO, Any, Final

_LENGTHS: Final = struct.Struct(">II")


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A header and its content."""

    header: dict[str, Any]
    content: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """Its bytes."""
        header = json.dumps(self.header).encode()
        return _LENGTHS.pack(len(header), len(self.content)) + header + self.content


def read(pipe: IO[bytes]) -> Message | None:
    """The next message, waiting for it; None at the end."""
    lengths = pipe.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    header, content = _LENGTHS.unpack(lengths)
    return Message(json.loads(pipe.read(header)), pipe.read(content))


async def receive(pipe: asyncio.StreamReader) -> Message | None:
    """The next message; None at the end."""
    try:
        header, content = _LENGTHS.unpack(await pipe.readexactly(_LENGTHS.size))
        return Message(json.loads(await pipe.readexactly(header)), await pipe.readexactly(content))
    except asyncio.IncompleteReadError:
        return None
