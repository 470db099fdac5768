"""Places the parts of a screen and defines the heights of their letters.

Sizes follow from legibility: ISO 9241-303 wants letters of 20 minutes of arc, 17 mm from 3 m; at 16 minutes (14 mm,
1/215 of the distance) reading is tiring. A 24-inch screen is 299 mm high, so 17 mm are 6 % of its height: that is the
height of the alif in the line of previous words and of English capitals. An utterance's alif is a little higher, so
that three rows fit, and the newest word's has up to three times that, a reply of a few words twice that. The status
line is for staff who stand before the screen and has a third.
"""

from dataclasses import dataclass
from typing import Final

WORD_LETTERS: Final = 0.19
UTTERANCE_LETTERS: Final = 0.07
LINE_LETTERS: Final = 0.06
ENGLISH_LETTERS: Final = 0.06
REPLY_LETTERS: Final = 0.12
STATUS_LETTERS: Final = 0.021
"""Heights of letters, in heights of the screen."""

ASCENT: Final = 1.5
LEADING: Final = 2.4
REPLY_LEADING: Final = 2.1
"""Room above a baseline and from one baseline to the next, in heights of letters: a hamza on an alif stands 1.4 high,
and descenders go 0.9 deep in Amiri and 0.65 in Noto. A reply may be long, and its lines are closer."""

_MARGIN: Final = 0.05  # of the height: television sets cut off up to 3 %, and the burn-in shift needs 0.6 %
_BLEED: Final = 0.03  # the tail of an ain in the newest word's size
_GAP: Final = 0.04
_REPLY_SHARE: Final = 0.62  # of the height between status and line
_PREVIEW_SHARE: Final = 0.30  # of the width
_UPRIGHT_PREVIEW_SHARE: Final = 0.4  # of the height between status and line
_UPRIGHT_UNIT: Final = 0.6  # of the width


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

    def widened(self, by: int) -> "Box":
        """Return the rectangle extended by so many pixels to the left and to the right."""
        return Box(self.left - by, self.top, self.width + 2 * by, self.height)

    def shifted(self, by: tuple[int, int]) -> "Box":
        """Return the rectangle shifted by so many pixels in x and y."""
        return Box(self.left + by[0], self.top + by[1], self.width, self.height)


@dataclass(frozen=True, slots=True)
class Layout:
    """The boxes on a screen of one size; `preview` and `reply` are None where none is shown."""

    status: Box
    word: Box
    line: Box
    preview: Box | None
    reply: Box | None
    unit: int
    """The screen's height, or less on an upright screen: the unit of the heights of letters."""
    bleed: int
    """By how much the boxes of text are wider at both sides than their text: tails of letters reach beyond it."""


def lay_out(width: int, height: int, *, preview: bool, reply: bool = False, text_size: float = 1.0) -> Layout:
    """Return the layout of a screen: status line at the top, newest word in the middle, previous words at the bottom.

    `text_size` is the height of letters as a share of the usual one; the status line keeps its own. The preview
    stands at the left, or above the word where the screen is upright. A reply stands above both.
    """
    unit = min(height, round(width * _UPRIGHT_UNIT))
    margin, gap = round(_MARGIN * unit), round(_GAP * unit)
    bleed = round(_BLEED * unit)
    inner = width - 2 * margin
    status = Box(margin, margin, inner, round(LEADING * STATUS_LETTERS * unit))
    line_height = round(LEADING * LINE_LETTERS * text_size * unit)
    line = Box(margin, height - margin - line_height, inner, line_height)
    word = Box(margin, status.bottom + gap, inner, line.top - status.bottom - 2 * gap)
    preview_box = reply_box = None
    if reply:
        reply_box = Box(word.left, word.top, word.width, round(word.height * _REPLY_SHARE))
        word = Box(word.left, reply_box.bottom + gap, word.width, word.height - reply_box.height - gap)
    if preview and height > width:
        preview_height = round(word.height * _UPRIGHT_PREVIEW_SHARE)
        preview_box = Box(word.left, word.top, word.width, preview_height)
        word = Box(word.left, preview_box.bottom + gap, word.width, word.height - preview_height - gap)
    elif preview:
        preview_box = Box(word.left, word.top, round(width * _PREVIEW_SHARE), word.height)
        word = Box(preview_box.right + gap, word.top, inner - preview_box.width - gap, word.height)
    return Layout(status.widened(bleed), word.widened(bleed), line.widened(bleed), preview_box, reply_box, unit, bleed)
