"""Reads text files that people write with whatever editor they have."""

import codecs
import tomllib
from pathlib import Path
from typing import Any, Final

from landmarkers.parsing import read_limited

_MAX_LINE: Final = 4096
_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text_file(path: Path) -> str:
    r"""Return the text of a UTF-8 file, without the mark at its start that editors of Windows write, and with \n alone.

    Raises OSError, and ValueError whose message continues a sentence about the file.
    """
    content = read_limited(path)
    # Text in UTF-16 has a zero in every other byte, even without a mark.
    if content.startswith(_UTF_16_MARKS) or b"\0" in content:
        raise ValueError("its text is UTF-16; save it as UTF-8")
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise ValueError("its text is not UTF-8; save it as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_entries(path: Path) -> list[str]:
    """Return the lines of a text file without empty ones and those that begin with #. Raises as `read_text_file`."""
    lines = (line.strip() for line in read_text_file(path).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def read_toml_file(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file. Raises OSError and ValueError, as `read_text_file` does."""
    return read_toml(read_text_file(path))


def read_toml(text: str) -> dict[str, Any]:
    """Return the content of a text in TOML. Raises ValueError whose message continues a sentence about it."""
    if any(len(line) > _MAX_LINE for line in text.splitlines()):  # the time for a dotted key grows with its square
        raise ValueError(f"a line of it has more than {_MAX_LINE} characters")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("its brackets are nested too deeply") from error
