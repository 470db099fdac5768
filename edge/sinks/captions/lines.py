"""Chooses the size and line breaks of a word and of an utterance, and how many words fit on a line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.sinks.captions.layout import LEADING

WidthFunction = Callable[[str], float]
"""Returns the width of a line whose letters are one pixel high."""

_MAX_LINES: Final = 3
_MAX_WORDS: Final = 20  # of a text that is broken into lines; no label has more
MARGIN: Final = 0.98  # letters are set in whole pixels, and may come out a little wider than computed
_MIN_GAIN: Final = 1.15  # another line must enlarge the letters by this factor


@dataclass(frozen=True, slots=True)
class FittedText:
    """A text broken into lines, with the height of its letters in pixels."""

    lines: tuple[str, ...]
    letters: float


def fit(text: str, width_of: WidthFunction, space: tuple[float, float], max_letters: float) -> FittedText:
    """Return the line breaks with the largest letters that fit a space (width, height), preferring fewer lines."""
    width, height = space
    best = FittedText((text,), 0.0)
    words = _join_punctuation(text)
    for count in range(1, (_MAX_LINES if len(words) <= _MAX_WORDS else 1) + 1):
        lines = _break_lines(words, count, width_of)
        if lines is None:
            break
        widest = max(width_of(line) for line in lines)
        letters = min(max_letters, MARGIN * width / widest if widest else max_letters, height / (LEADING * len(lines)))
        if letters > best.letters * _MIN_GAIN:
            best = FittedText(tuple(lines), letters)
    return best


def count_fitting(widths: Sequence[float], space: float, gap: float) -> int:
    """Return how many of the last words fit into a space side by side, with a gap between each two."""
    used = -gap
    for count, width in enumerate(reversed(widths)):
        used += width + gap
        if used > space:
            return count
    return len(widths)


def wrap(text: str, width_of: WidthFunction, space: float) -> list[str]:
    """Return the rows of a text; a row is filled before the next begins, so that a further word moves none before it.

    A word that is wider than the space has a row of its own.
    """
    rows: list[str] = []
    for word in text.split():
        if rows and width_of(f"{rows[-1]} {word}") <= space:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


def fit_end(text: str, width_of: WidthFunction, space: float) -> str:
    """Return the last words of a text, as many as fit into a space, but one at least."""
    words = text.split()
    start = max(0, len(words) - 1)
    while start and width_of(" ".join(words[start - 1 :])) <= space:
        start -= 1
    return " ".join(words[start:])


def _join_punctuation(text: str) -> list[str]:
    """Return the words joined with lone punctuation: an opening bracket joins the next word, all else the previous."""
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


def _break_lines(words: list[str], count: int, width_of: WidthFunction) -> list[str] | None:
    """Return the words in so many lines, the widest as narrow as possible; None when there are fewer words."""
    if count > len(words):
        return None
    if count <= 1:
        return [" ".join(words)]
    candidates = []
    for end in range(1, len(words) - count + 2):
        rest = _break_lines(words[end:], count - 1, width_of)
        if rest is not None:
            candidates.append([" ".join(words[:end]), *rest])
    return min(candidates, key=lambda lines: max(width_of(line) for line in lines))
