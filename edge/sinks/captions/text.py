"""Sets Arabic text: raqm joins the letters, and a Latin font provides the characters that the Arabic one lacks.

Sizes are heights of letters in pixels, of the alif and of a Latin capital: legibility from afar depends on that, and it
makes fonts with wide and narrow bodies alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

from PIL import ImageDraw, ImageFont, features

from edge.sinks.captions.bidi import DirectionalRun, split_by_direction
from edge.sinks.captions.fonts import Family, FontMissing, find_families
from edge.sinks.captions.theme import Colour

_REFERENCE_EM: Final = 200
_MISSING: Final = chr(0x10FFFF)  # no character, so every font draws its sign for a missing one


class Weight(StrEnum):
    """The weight of a font."""

    REGULAR = "regular"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class TextRun:
    """A part of a line in one font and one direction; `left` is its position from the line's left end."""

    text: str
    path: Path
    right_to_left: bool
    left: float


class Typeface:
    """Measures and draws single lines."""

    def __init__(self, arabic: Family, latin: Family) -> None:
        """Raises FontMissing."""
        check_raqm()
        self._arabic = arabic
        self._latin = latin

    @classmethod
    def find(cls, name: str) -> Self:
        """Return the typeface of a name, from the installed fonts. Raises FontMissing."""
        return cls(*find_families(name))

    def width(self, text: str, letters: float, weight: Weight) -> float:
        """Return the width of a line in pixels, for this height of letters."""
        return self.width_of_runs(split_by_direction(text), letters, weight)

    def width_of_runs(self, runs: Sequence[DirectionalRun], letters: float, weight: Weight) -> float:
        """Return the width of a line that is split into runs."""
        return self._lay_out(runs, self._em(letters, weight), weight)[1]

    def draw(
        self,
        canvas: ImageDraw.ImageDraw,
        text: str,
        at: tuple[float, float],
        letters: float,
        weight: Weight,
        colour: Colour,
    ) -> float:
        """Draw a line whose right end and baseline are at a point, and return its width."""
        return self.draw_runs(canvas, split_by_direction(text), at, letters, weight, colour)

    def draw_runs(
        self,
        canvas: ImageDraw.ImageDraw,
        runs: Sequence[DirectionalRun],
        at: tuple[float, float],
        letters: float,
        weight: Weight,
        colour: Colour,
    ) -> float:
        """Draw a line that is split into runs, the first of which stands furthest right, and return its width."""
        em = self._em(letters, weight)
        placed, width = self._lay_out(runs, em, weight)
        for run in placed:
            position = (at[0] - width + run.left, at[1])
            direction = "rtl" if run.right_to_left else "ltr"
            canvas.text(position, run.text, colour, _font(run.path, em), anchor="ls", direction=direction)
        return width

    def _em(self, letters: float, weight: Weight) -> int:
        return max(4, round(letters / _alif_height(self._arabic, weight)))

    def _lay_out(self, line: Sequence[DirectionalRun], em: int, weight: Weight) -> tuple[list[TextRun], float]:
        """Return the runs of a line in their fonts, and its width."""
        runs = []
        right = 0.0  # leftwards from the line's right end
        for run in line:
            parts = self._split_by_font(run.text, weight)
            widths = [_length(part, path, em, rtl=run.right_to_left) for part, path in parts]
            offset = right if run.right_to_left else right + sum(widths)
            for (part, path), width in zip(parts, widths, strict=True):
                if run.right_to_left:
                    offset += width
                    runs.append(TextRun(part, path, right_to_left=True, left=-offset))
                else:
                    runs.append(TextRun(part, path, right_to_left=False, left=-offset))
                    offset -= width
            right += sum(widths)
        return [TextRun(one.text, one.path, one.right_to_left, right + one.left) for one in runs], right

    def _split_by_font(self, text: str, weight: Weight) -> list[tuple[str, Path]]:
        """Split the text where the font changes. A space belongs to what is before it."""
        arabic, latin = _file(self._arabic, weight), _file(self._latin, weight)
        parts: list[tuple[str, Path]] = []
        for character in text:
            before = parts[-1][1] if parts else arabic
            preferred = before if character.isspace() else arabic
            path = preferred if _has_glyph(preferred, character) else latin
            if parts and path == before:
                parts[-1] = (parts[-1][0] + character, path)
            else:
                parts.append((character, path))
        return parts


def check_raqm() -> None:
    """Check that Arabic letters will be joined. Raises FontMissing."""
    if not (features.check("raqm") and features.check("fribidi")):
        raise FontMissing("Arabic letters cannot be joined: Pillow has no raqm; on Debian: apt install libfribidi0")


def _file(family: Family, weight: Weight) -> Path:
    return family.bold if weight is Weight.BOLD else family.regular


@lru_cache(maxsize=48)
def _font(path: Path, em: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, em, layout_engine=ImageFont.Layout.RAQM)


@lru_cache(maxsize=512)
def _length(text: str, path: Path, em: int, *, rtl: bool) -> float:
    return _font(path, em).getlength(text, direction="rtl" if rtl else "ltr")


@lru_cache(maxsize=8)
def _alif_height(family: Family, weight: Weight) -> float:
    """Return the height of an alif in ems."""
    return -float(_font(_file(family, weight), _REFERENCE_EM).getbbox("ا", anchor="ls")[1]) / _REFERENCE_EM


@lru_cache(maxsize=512)
def _has_glyph(path: Path, character: str) -> bool:
    """Return True if a font has a character. Pillow does not report that, but draws every missing one alike."""
    font = ImageFont.truetype(path, 16, layout_engine=ImageFont.Layout.BASIC)
    return bytes(font.getmask(character)) != bytes(font.getmask(_MISSING))
