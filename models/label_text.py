"""Makes a label or a name safe to show: one line of bounded length, whatever the file holds from which it came."""

import unicodedata
from typing import Final

MAX_CHARACTERS: Final = 100
"""The longest label of the shipped models has a quarter of these."""
# Line ends, tabs and other controls, halves of surrogate pairs, separators of lines and paragraphs.
_BREAKING: Final = {"Cc", "Cs", "Zl", "Zp"}
# Bidi_Control of Unicode: these would reorder what surrounds the label; its own letters have their direction anyway.
_REORDERING: Final = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


def one_line(text: str) -> str:
    """Return the text with a space for each run of spaces and controls, without those of writing direction, cut off."""
    plain = text[: 10 * MAX_CHARACTERS].translate(_REORDERING)
    spaced = (" " if unicodedata.category(character) in _BREAKING else character for character in plain)
    return " ".join("".join(spaced).split())[:MAX_CHARACTERS].rstrip()
