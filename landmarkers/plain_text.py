"""Makes text from outside safe to show: a label, a name, the reason of an error, whatever somebody put there.

Without this a text could move the cursor of a terminal, reverse the direction of what surrounds it, begin a second line
of a log or of a protocol, or fill the screen.
"""

import unicodedata
from typing import Final

MAX_CHARACTERS: Final = 100
"""Of a label or a name; the longest label of the shipped models has a quarter of these."""
MAX_SENTENCE: Final = 500
_MAX_MESSAGE: Final = 4000  # of an error or a line of the log, which quotes paths
# Line ends, tabs and other controls, halves of surrogate pairs, separators of lines and paragraphs.
_BREAKING: Final = {"Cc", "Cs", "Zl", "Zp"}
# Bidi_Control of Unicode: these would reorder what surrounds the label; its own letters have their direction anyway.
_REORDERING: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# Characters without any ink, which would pass for a word. The joiners stay: Arabic script is written with them.
_INVISIBLE: Final = "\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\u115f\u1160\u3164\uffa0"
_JOINERS: Final = "\u200c\u200d"
_REMOVED: Final = dict.fromkeys(map(ord, _REORDERING + _INVISIBLE))


def one_line(text: str, max_characters: int = MAX_CHARACTERS) -> str:
    """Return the text with a space for each run of spaces and controls, without those of writing direction, cut off.

    The result is empty if nothing of the text can be seen.
    """
    plain = text[: 10 * max_characters].translate(_REMOVED)
    spaced = (" " if unicodedata.category(character) in _BREAKING else character for character in plain)
    line = " ".join("".join(spaced).split())[:max_characters].rstrip()
    return line if line.strip(_JOINERS + " ") else ""


def escape(text: str) -> str:
    r"""Return the text on one line, with each control and each sign of writing direction as Python writes it: \x1b.

    Unlike `one_line` this hides nothing, so that a file's name can still be recognised.
    """
    shown = text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}…"
    return "".join(
        character.encode("unicode_escape").decode()
        if character in _REORDERING or unicodedata.category(character) in _BREAKING
        else character
        for character in shown
    )


def one_sentence(text: str, max_characters: int = MAX_SENTENCE) -> str:
    """Return a sentence, which may quote anything, on one line: one space for each run of spaces, escaped, cut off."""
    return escape(" ".join(text[: 10 * max_characters].split()))[:max_characters]
