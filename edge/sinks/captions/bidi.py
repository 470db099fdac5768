"""Splits text into runs of one direction, by the bidirectional algorithm of Unicode.

Pillow's raqm orders a whole string, but a string of one font; Arabic fonts lack Latin letters, so a line is split where
its direction changes and then where its font does. The directions of a text of several lines are those of the whole:
a number that begins a line belongs to the English words before it. https://www.unicode.org/reports/tr9/
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from bidi import get_display

_LEVEL: Final = re.compile(r"Level\(\s*([0-9]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class DirectionalRun:
    """Characters of one direction, in reading order."""

    text: str
    right_to_left: bool


def split_by_direction(text: str) -> list[DirectionalRun]:
    """Return the runs of a right-to-left line: the first stands furthest right."""
    return order_runs(text, find_levels(text, right_to_left=True))


def is_right_to_left(text: str) -> bool:
    """Return the direction of the first letter; a text without letters is read as Arabic."""
    classes = (unicodedata.bidirectional(character) for character in text)
    return next((one for one in classes if one in ("L", "R", "AL")), "R") != "L"


def find_levels(text: str, *, right_to_left: bool) -> list[int]:
    """Return the embedding level of each character in a text of this direction; odd ones are right to left.

    The library reports levels in its debug output only, one for each byte of UTF-8.
    """
    report = str(get_display(text, base_dir="R" if right_to_left else "L", debug=True)) if text else ""
    listed = report.rpartition("\n    levels: [")[2].partition("\n    ]")[0]
    by_byte = [int(level) for level in _LEVEL.findall(listed)]
    levels = []
    position = 0
    for character in text:
        levels.append(by_byte[position])
        position += len(character.encode())
    return levels


def order_runs(text: str, levels: Sequence[int]) -> list[DirectionalRun]:
    """Return the runs of a line, by rule L2 of the standard: the first stands furthest right."""
    pairs = zip(text, levels, strict=True)
    runs = [
        (level, "".join(character for character, _ in run)) for level, run in groupby(pairs, key=lambda pair: pair[1])
    ]
    for lowest in range(max(levels, default=0), 0, -1):
        runs = [
            run
            for is_reversed, group in groupby(runs, key=lambda run: run[0] >= lowest)
            for run in (reversed(list(group)) if is_reversed else group)
        ]
    return [DirectionalRun(run, right_to_left=level % 2 == 1) for level, run in reversed(runs)]
