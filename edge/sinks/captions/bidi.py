"""Which stretches of a line are read which way: the bidirectional algorithm of Unicode for one Arabic line.

Pillow's raqm orders a whole string, but a string of one font; Arabic fonts lack Latin letters, so a line is cut where
its direction changes and then where its font does. Without embedding characters and with a line that runs right to
left, the algorithm has two levels only, and its stretches stand from right to left in the order in which they are read.
The names of the rules are those of https://www.unicode.org/reports/tr9/
"""

import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import Final

_OPENING: Final = "([{"
_CLOSING: Final = ")]}"
_NUMBERS: Final = ("EN", "AN")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters read in one direction, in the order in which they are written."""

    text: str
    right_to_left: bool


def stretches(text: str) -> list[Stretch]:
    """The stretches of a line that runs right to left, in reading order: the first stands furthest right."""
    kinds = _with_numbers([unicodedata.bidirectional(character) or "L" for character in text])
    kinds = _with_neutrals(_with_brackets(text, kinds))
    levels = groupby(zip(text, kinds, strict=True), key=lambda pair: pair[1] == "R")
    return [Stretch("".join(character for character, _ in pairs), rtl) for rtl, pairs in levels]


def _with_numbers(kinds: list[str]) -> list[str]:
    """Rules W1 to W7: what numbers and their signs count as after the letters before them."""
    done = list(kinds)
    strong = before = "R"
    for place, kind in enumerate(done):
        if kind == "NSM":  # W1
            done[place] = before
        elif kind == "EN" and strong == "AL":  # W2
            done[place] = "AN"
        before = done[place]
        strong = before if before in ("L", "R", "AL") else strong
    done = ["R" if kind == "AL" else kind for kind in done]  # W3
    for place in range(1, len(done) - 1):  # W4
        left, kind, right = done[place - 1 : place + 2]
        if left == right and ((kind == "ES" and left == "EN") or (kind == "CS" and left in _NUMBERS)):
            done[place] = left
    for start, end, kind in _same(done):  # W5, W6
        if kind == "ET" and "EN" in (*done[max(0, start - 1) : start], *done[end : end + 1]):
            done[start:end] = ["EN"] * (end - start)
    done = ["ON" if kind in ("ES", "ET", "CS") else kind for kind in done]
    strong = "R"
    for place, kind in enumerate(done):  # W7
        strong = kind if kind in ("L", "R") else strong
        if kind == "EN" and strong == "L":
            done[place] = "L"
    return done


def _with_brackets(text: str, kinds: list[str]) -> list[str]:
    """Rule N0: both brackets of a pair go one way."""
    done = list(kinds)
    for opening, closing in _pairs(text):
        inside = {_direction(kind) for kind in done[opening + 1 : closing]}
        context = next((_direction(kind) for kind in reversed(done[:opening]) if _direction(kind)), "R")
        if "R" in inside or ("L" in inside and context == "R"):
            done[opening] = done[closing] = "R"
        elif "L" in inside:
            done[opening] = done[closing] = "L"
    return done


def _with_neutrals(kinds: list[str]) -> list[str]:
    """Rules N1 and N2: spaces and punctuation between letters of one direction go their way, others the line's."""
    done = ["L" if kind == "L" else _direction(kind) for kind in kinds]
    for start, end, kind in _same(done):
        if not kind:
            before = done[start - 1] if start else "R"
            after = done[end] if end < len(done) else "R"
            done[start:end] = [before if before == after else "R"] * (end - start)
    # I2: numbers stand left to right, too.
    return ["N" if kind in _NUMBERS else way for kind, way in zip(kinds, done, strict=True)]


def _direction(kind: str) -> str:
    """The direction in which a kind counts among neutral ones; empty for a neutral one itself."""
    return "L" if kind == "L" else "R" if kind == "R" or kind in _NUMBERS else ""


def _pairs(text: str) -> list[tuple[int, int]]:
    open_ones: list[int] = []
    found = []
    for place, character in enumerate(text):
        if character in _OPENING:
            open_ones.append(place)
        elif character in _CLOSING:
            wanted = _OPENING[_CLOSING.index(character)]
            match = next((number for number, opened in enumerate(open_ones) if text[opened] == wanted), None)
            while match is not None and text[open_ones[-1]] != wanted:
                open_ones.pop()
            if match is not None:
                found.append((open_ones.pop(), place))
    return sorted(found)


def _same(kinds: list[str]) -> list[tuple[int, int, str]]:
    """Where stretches of the same kind start and end."""
    found = []
    start = 0
    for kind, group in groupby(list(kinds)):
        length = len(list(group))
        found.append((start, start + length, kind))
        start += length
    return found
