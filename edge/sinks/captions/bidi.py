"""Splits a line into runs of one direction, by the bidirectional algorithm of Unicode.

Pillow's raqm orders a whole string, but a string of one font; Arabic fonts lack Latin letters, so a line is split where
its direction changes and then where its font does. In a right-to-left line without embedding characters the algorithm
has two levels only, and the runs stand from right to left in reading order.
https://www.unicode.org/reports/tr9/
"""

import re
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
    """Return the runs of a right-to-left line in reading order: the first stands furthest right."""
    directions = zip(text, (level % 2 == 1 for level in _levels(text)), strict=True)
    return [
        DirectionalRun("".join(character for character, _ in run), right_to_left)
        for right_to_left, run in groupby(directions, key=lambda pair: pair[1])
    ]


def _levels(text: str) -> list[int]:
    """Return the embedding level of each character; odd ones are right to left.

    The library reports levels in its debug output only, one for each byte of UTF-8.
    """
    report = str(get_display(text, base_dir="R", debug=True)) if text else ""
    listed = report.rpartition("\n    levels: [")[2].partition("\n    ]")[0]
    by_byte = [int(level) for level in _LEVEL.findall(listed)]
    levels = []
    position = 0
    for character in text:
        levels.append(by_byte[position])
        position += len(character.encode())
    return levels
