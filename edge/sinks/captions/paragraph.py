"""Breaks a text into lines, with the largest letters that fit a space."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.sinks.captions.bidi import DirectionalRun, find_levels, is_right_to_left, order_runs
from edge.sinks.captions.layout import REPLY_LEADING
from edge.sinks.captions.lines import MARGIN

Line = list[DirectionalRun]
"""The runs of a line: the first stands furthest right."""

_PIECE: Final = re.compile(r"\S{1,30}")  # a longer word, such as an address, is broken


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text in lines, with the height of its letters in pixels."""

    lines: tuple[Line, ...]
    letters: float
    right_to_left: bool
    """The side at which the lines begin."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters between two places where a line may end; widths are those of letters one pixel high."""

    start: int
    end: int
    width: float
    space: float = 0.0
    """The width of the space before it, none before the rest of a long word."""


def fit_paragraph(
    text: str, width_of: Callable[[Line], float], space: tuple[float, float], max_letters: float
) -> Paragraph:
    """Return the text with the largest letters whose lines fit a space (width, height).

    `width_of` returns the width of a line whose letters are one pixel high.
    """
    right_to_left = is_right_to_left(text)
    levels = find_levels(text, right_to_left=right_to_left)
    pieces = _find_pieces(text, levels, width_of)
    width, height = MARGIN * space[0], space[1]
    fitting, too_large = 1, int(max_letters) + 1
    while too_large - fitting > 1:
        letters = (fitting + too_large) // 2
        lines = _break_lines(pieces, width / letters)
        fits = lines is not None and REPLY_LEADING * letters * len(lines) <= height
        fitting, too_large = (letters, too_large) if fits else (fitting, letters)
    lines = _break_lines(pieces, width / fitting) or []
    ranges = [slice(line[0].start, line[-1].end) for line in lines]
    return Paragraph(tuple(order_runs(text[one], levels[one]) for one in ranges), fitting, right_to_left)


def _find_pieces(text: str, levels: Sequence[int], width_of: Callable[[Line], float]) -> list[_Piece]:
    space = width_of([DirectionalRun(" ", right_to_left=False)])
    pieces: list[_Piece] = []
    for start, end in (match.span() for match in _PIECE.finditer(text)):
        width = width_of(order_runs(text[start:end], levels[start:end]))
        pieces.append(_Piece(start, end, width, space if text[start - 1 : start] == " " else 0.0))
    return pieces


def _break_lines(pieces: Sequence[_Piece], width: float) -> list[list[_Piece]] | None:
    """Return the pieces in lines, each as full as possible; None if one of them is wider than a line."""
    lines: list[list[_Piece]] = []
    used = width
    for piece in pieces:
        if piece.width > width:
            return None
        if used + piece.space + piece.width > width or not lines:
            lines.append([piece])
            used = piece.width
        else:
            lines[-1].append(piece)
            used += piece.space + piece.width
    return lines
