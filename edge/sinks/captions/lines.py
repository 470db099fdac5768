"""Decides how large a word is set and where it is broken, and which words the running line has room for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.sinks.captions.layout import LEADING

Width = Callable[[str], float]
"""How wide a line is when its letters are one pixel high."""

_MOST_LINES: Final = 3
_AIR: Final = 0.98  # letters are set to whole pixels, and may come out a little wider than reckoned


@dataclass(frozen=True, slots=True)
class Setting:
    """A text broken into lines, with the height of its letters in pixels."""

    lines: tuple[str, ...]
    letters: float


def fit(text: str, width_of: Width, room: tuple[float, float], largest: float) -> Setting:
    """The setting with the largest letters that fits a room of width and height; among equals the fewest lines."""
    width, height = room
    best = Setting((text,), 0.0)
    for count in range(1, _MOST_LINES + 1):
        lines = _broken(_unbreakable(text), count, width_of)
        if lines is None:
            break
        widest = max(width_of(line) for line in lines)
        letters = min(largest, _AIR * width / widest if widest else largest, height / (LEADING * len(lines)))
        if letters > best.letters * 1.15:  # another line must be worth it
            best = Setting(tuple(lines), letters)
    return best


def newest_that_fit(widths: Sequence[float], room: float, gap: float) -> int:
    """How many of the last of some words stand in a room side by side, with a gap between each two."""
    used = -gap
    for count, width in enumerate(reversed(widths)):
        used += width + gap
        if used > room:
            return count
    return len(widths)


def _unbreakable(text: str) -> list[str]:
    """The words of a text with the punctuation that stands alone: an opening bracket before a word, all else after."""
    words: list[str] = []
    opening = ""
    for word in text.split():
        if any(character.isalnum() for character in word):
            words.append(opening + word)
            opening = ""
        elif word in "([{«" or not words:
            opening += f"{word} "
        else:
            words[-1] += f" {word}"
    return [*words, *([opening.strip()] if opening else [])]


def _broken(words: list[str], count: int, width_of: Width) -> list[str] | None:
    """The words in so many lines, the widest as narrow as it can be; None when there are fewer words."""
    if count > len(words):
        return None
    if count <= 1:
        return [" ".join(words)]
    ways = []
    for end in range(1, len(words) - count + 2):
        rest = _broken(words[end:], count - 1, width_of)
        if rest is not None:
            ways.append([" ".join(words[:end]), *rest])
    return min(ways, key=lambda lines: max(width_of(line) for line in lines))
