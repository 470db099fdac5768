"""Reads text files that people write with whatever editor they have."""

import codecs
from pathlib import Path
from typing import Final

_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotUtf8(ValueError):
    """A file is not UTF-8; the message continues a sentence about the file and names the remedy."""


def read_text_file(path: Path) -> str:
    r"""Return the text of a UTF-8 file, without the mark at its start that editors of Windows write, and with \n alone.

    Raises OSError and NotUtf8.
    """
    content = path.read_bytes()
    # Text in UTF-16 has a zero in every other byte, even without a mark.
    if content.startswith(_UTF_16_MARKS) or b"\0" in content:
        raise NotUtf8("its text is UTF-16; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8("its text is not UTF-8; save it as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
