"""Draws the panels of utterances: the line as it grows, and the line before it."""

from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from edge.sinks.captions.layout import ASCENT, ENGLISH_LETTERS, LEADING, LINE_LETTERS, UTTERANCE_LETTERS
from edge.sinks.captions.lines import fit_end, wrap
from edge.sinks.captions.panels import ENGLISH_ASCENT, ENGLISH_LEADING, PanelStyle, width_function
from edge.sinks.captions.scene import Scene
from edge.sinks.captions.text import Weight
from edge.sinks.captions.theme import Colour, mixed

_LEFT_TO_RIGHT: Final = chr(0x200E)  # LEFT-TO-RIGHT MARK: English that begins or ends with a number stays in its order


@dataclass(frozen=True, slots=True)
class RowStyle:
    """The height of a row's letters in pixels, their weight and their colour."""

    letters: float
    weight: Weight
    colour: Colour


def draw_utterance(panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
    """Draw the newest line from right to left, as many of its last rows as fit, and the end of its English below."""
    caption = scene.newest
    if caption is None:
        return
    theme, unit = style.theme, style.unit
    row_style = RowStyle(UTTERANCE_LETTERS * unit, Weight.BOLD, mixed(theme.background, theme.text, caption.opacity))
    height, step = float(panel.height), LEADING * row_style.letters
    english = RowStyle(ENGLISH_LETTERS * unit, Weight.REGULAR, mixed(theme.background, theme.quiet, caption.opacity))
    english_height = ENGLISH_LEADING * english.letters
    if style.english and height >= step + english_height:  # below a reply there is no room for it
        height -= english_height
        shown = f"{_LEFT_TO_RIGHT}{caption.english}{_LEFT_TO_RIGHT}"
        _draw_end(panel, shown, height + ENGLISH_ASCENT * english.letters, english, style)
    width = (panel.width - 2 * style.bleed) / row_style.letters
    rows = wrap(caption.word, width_function(style.typeface, row_style.weight), width)
    for number, row in enumerate(rows[-max(1, int(height / step)) :]):
        _draw_end(panel, row, number * step + ASCENT * row_style.letters, row_style, style)


def draw_previous_utterance(panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
    """Draw the end of the line before the newest."""
    for caption in scene.previous[-1:]:
        colour = mixed(style.theme.background, style.theme.quiet, caption.opacity)
        row_style = RowStyle(LINE_LETTERS * style.unit, Weight.REGULAR, colour)
        _draw_end(panel, caption.word, ASCENT * row_style.letters, row_style, style)


def _draw_end(panel: Image.Image, text: str, baseline: float, row: RowStyle, style: PanelStyle) -> None:
    """Draw the last words of a text that fit on a row; a single word that does not is made smaller."""
    width_of, width = width_function(style.typeface, row.weight), panel.width - 2 * style.bleed
    shown = fit_end(text, width_of, width / row.letters)
    letters = min(row.letters, width / (width_of(shown) or 1.0))
    at = (float(panel.width - style.bleed), baseline)
    style.typeface.draw(ImageDraw.Draw(panel), shown, at, letters, row.weight, row.colour)
