"""Where things stand on a screen, and how high their letters are.

Sizes follow from reading: ISO 9241-303 wants letters of 20 minutes of arc, 17 mm from 3 m; at 16 minutes (14 mm, 1/215
of the distance) reading becomes work. A 24-inch screen is 299 mm high, so 17 mm are 6 % of its height: that is the
height of the running line's alif and of English capitals. The newest word's alif has up to three times that. The state
line is for staff who stand before the screen and has a third.
"""

from dataclasses import dataclass
from typing import Final

WORD_LETTERS: Final = 0.19
LINE_LETTERS: Final = 0.06
ENGLISH_LETTERS: Final = 0.06
STATE_LETTERS: Final = 0.021
"""Heights of letters, in heights of the screen."""

RISE: Final = 1.5
LEADING: Final = 2.4
"""Room above a baseline and from one baseline to the next, in heights of letters: a hamza on an alif stands 1.4 high,
and tails go 0.9 deep in Amiri and 0.65 in Noto."""

_MARGIN: Final = 0.05  # of the height: television sets cut off up to 3 %, and the burn-in shift needs 0.6 %
_BLEED: Final = 0.03  # the tail of an ain of the newest word's size
_GAP: Final = 0.04
_PREVIEW_SHARE: Final = 0.30  # of the width


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column right of it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height

    def wider(self, by: int) -> "Box":
        """The same rectangle with so much more at its left and its right."""
        return Box(self.left - by, self.top, self.width + 2 * by, self.height)

    def moved(self, by: tuple[int, int]) -> "Box":
        """The same rectangle elsewhere."""
        return Box(self.left + by[0], self.top + by[1], self.width, self.height)


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of a screen of one size; `preview` is None where none is shown."""

    state: Box
    word: Box
    line: Box
    preview: Box | None
    unit: int
    """The screen's height, or less on an upright screen: what letters' heights are shares of."""
    bleed: int
    """By how much the boxes of text are wider at both sides than their text: tails of letters reach beyond it."""


def lay_out(width: int, height: int, *, preview: bool) -> Layout:
    """The layout of a screen: the state above, the word in the middle, the running line below.

    The preview stands at the left, or above the word where the screen is upright.
    """
    unit = min(height, round(width * 0.6))
    margin, gap = round(_MARGIN * unit), round(_GAP * unit)
    bleed = round(_BLEED * unit)
    inner = width - 2 * margin
    state = Box(margin, margin, inner, round(LEADING * STATE_LETTERS * unit))
    line_height = round(LEADING * LINE_LETTERS * unit)
    line = Box(margin, height - margin - line_height, inner, line_height)
    word = Box(margin, state.bottom + gap, inner, line.top - state.bottom - 2 * gap)
    seen = None
    if preview and height > width:
        share = round(word.height * 0.4)
        seen = Box(word.left, word.top, word.width, share)
        word = Box(word.left, seen.bottom + gap, word.width, word.height - share - gap)
    elif preview:
        seen = Box(word.left, word.top, round(width * _PREVIEW_SHARE), word.height)
        word = Box(seen.right + gap, word.top, inner - seen.width - gap, word.height)
    return Layout(state.wider(bleed), word.wider(bleed), line.wider(bleed), seen, unit, bleed)
