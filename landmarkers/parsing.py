"""Reads texts that come from outside: whatever they contain, there is a value or a ValueError.

Python's own parser of JSON also raises RecursionError, and accepts NaN, which is no JSON, and half surrogate pairs,
with which a text can be neither printed nor sent. pydantic's parser limits depth (200) and digits (4300).
"""

from pathlib import Path
from typing import IO, Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from landmarkers.plain_text import one_line

MAX_BYTES: Final = 1 << 20
"""Of a file; those of this program have at most a tenth."""
_MAX_CHARACTERS: Final = 200


def read_json(text: str | bytes) -> Any:
    """Return the value of a JSON text. Raises ValueError."""
    return from_json(text, allow_inf_nan=False)


def read_limited(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the content of a file. Raises OSError, and ValueError for a larger one."""
    with path.open("rb") as file:
        return read_at_most(file, max_bytes)


def read_at_most(file: IO[bytes], max_bytes: int = MAX_BYTES) -> bytes:
    """Return the rest of an open file. Raises OSError, and ValueError for a larger one."""
    content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"it is larger than {max_bytes} bytes")
    return content


def describe(error: Exception) -> str:
    """Return the reason for which something cannot be read, on one line that can be printed."""
    text = str(error)
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        key = ".".join(str(step) for step in first["loc"])
        text = f"{key}: {first['msg']}" if key else first["msg"]
    line = one_line(text, _MAX_CHARACTERS + 1)
    return line if len(line) <= _MAX_CHARACTERS else f"{line[:_MAX_CHARACTERS]}…"
