"""Sets Arabic text: letters joined and ordered by raqm, what the Arabic font lacks set in a Latin one.

Sizes are heights of letters in pixels, of the alif and of a Latin capital: that is what reading from afar depends on,
and it makes fonts with wide and narrow bodies alike.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

from PIL import ImageDraw, ImageFont, features

from edge.sinks.captions.bidi import stretches
from edge.sinks.captions.fonts import Family, LettersMissing, find_families
from edge.sinks.captions.theme import Colour

_TRIAL_PX: Final = 200
_MISSING: Final = chr(0x10FFFF)  # no character, so every font shows its sign for a missing one


class Weight(StrEnum):
    """How heavy letters are."""

    REGULAR = "regular"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line in one font and one direction, with its place from the line's left end."""

    text: str
    path: Path
    right_to_left: bool
    left: float


class Typeface:
    """Measures and draws single lines."""

    def __init__(self, arabic: Family, latin: Family) -> None:
        """Raises LettersMissing."""
        check_raqm()
        self._arabic = arabic
        self._latin = latin

    @classmethod
    def find(cls, name: str) -> Self:
        """The typeface of a name, from what is installed. Raises LettersMissing."""
        return cls(*find_families(name))

    def width(self, text: str, letters: float, weight: Weight) -> float:
        """How wide a line is, in pixels, when its letters are so high."""
        return self._set(text, self._em(letters, weight), weight)[1]

    def draw(
        self,
        canvas: ImageDraw.ImageDraw,
        text: str,
        at: tuple[float, float],
        letters: float,
        weight: Weight,
        colour: Colour,
    ) -> float:
        """Draw a line whose right end and baseline are at a point; returns its width."""
        em = self._em(letters, weight)
        pieces, width = self._set(text, em, weight)
        for piece in pieces:
            place = (at[0] - width + piece.left, at[1])
            direction = "rtl" if piece.right_to_left else "ltr"
            canvas.text(place, piece.text, colour, _font(piece.path, em), anchor="ls", direction=direction)
        return width

    def depth(self, text: str, letters: float, weight: Weight) -> float:
        """How far a line goes below its baseline, in pixels."""
        em = self._em(letters, weight)
        pieces, _ = self._set(text, em, weight)
        return max((_font(piece.path, em).getbbox(piece.text, anchor="ls")[3] for piece in pieces), default=0.0)

    def _em(self, letters: float, weight: Weight) -> int:
        return max(4, round(letters / _letter_share(self._arabic, weight)))

    def _set(self, text: str, em: int, weight: Weight) -> tuple[list[Piece], float]:
        """The pieces of a line, and its width."""
        pieces = []
        right = 0.0  # leftwards from the line's right end
        for stretch in stretches(text):
            parts = [(part, path) for part, path in self._by_font(stretch.text, weight)]
            widths = [_length(part, path, em, rtl=stretch.right_to_left) for part, path in parts]
            near = right if stretch.right_to_left else right + sum(widths)
            for (part, path), width in zip(parts, widths, strict=True):
                if stretch.right_to_left:
                    near += width
                    pieces.append(Piece(part, path, right_to_left=True, left=-near))
                else:
                    pieces.append(Piece(part, path, right_to_left=False, left=-near))
                    near -= width
            right += sum(widths)
        return [Piece(one.text, one.path, one.right_to_left, right + one.left) for one in pieces], right

    def _by_font(self, text: str, weight: Weight) -> list[tuple[str, Path]]:
        """The text cut where the font changes. A space goes with what is before it."""
        arabic, latin = _file(self._arabic, weight), _file(self._latin, weight)
        parts: list[tuple[str, Path]] = []
        for character in text:
            before = parts[-1][1] if parts else arabic
            has = _has(before if character.isspace() else arabic, character)
            path = (before if character.isspace() else arabic) if has else latin
            if parts and path == before:
                parts[-1] = (parts[-1][0] + character, path)
            else:
                parts.append((character, path))
        return parts


def check_raqm() -> None:
    """See that Arabic letters will be joined. Raises LettersMissing."""
    if not (features.check("raqm") and features.check("fribidi")):
        raise LettersMissing("Arabic letters cannot be joined: Pillow has no raqm; on Debian: apt install libfribidi0")


def _file(family: Family, weight: Weight) -> Path:
    return family.bold if weight is Weight.BOLD else family.regular


@lru_cache(maxsize=48)
def _font(path: Path, em: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, em, layout_engine=ImageFont.Layout.RAQM)


@lru_cache(maxsize=512)
def _length(text: str, path: Path, em: int, *, rtl: bool) -> float:
    return _font(path, em).getlength(text, direction="rtl" if rtl else "ltr")


@lru_cache(maxsize=8)
def _letter_share(family: Family, weight: Weight) -> float:
    """How much of the em an alif is high."""
    return -float(_font(_file(family, weight), _TRIAL_PX).getbbox("ا", anchor="ls")[1]) / _TRIAL_PX


@lru_cache(maxsize=512)
def _has(path: Path, character: str) -> bool:
    """Whether a font has a character: Pillow does not tell, but shows every missing one alike."""
    font = ImageFont.truetype(path, 16, layout_engine=ImageFont.Layout.BASIC)
    return bytes(font.getmask(character)) != bytes(font.getmask(_MISSING))
