"""Draws the panel of a reply, which is filled, so that nobody takes it for what was signed."""

from typing import Final

from PIL import Image, ImageDraw

from edge.sinks.captions.layout import ASCENT, LEADING, REPLY_LEADING, REPLY_LETTERS, STATUS_LETTERS
from edge.sinks.captions.panels import REFERENCE_LETTERS, PanelStyle
from edge.sinks.captions.paragraph import Line, fit_paragraph
from edge.sinks.captions.scene import Scene
from edge.sinks.captions.text import Weight

_PADDING: Final = 0.03  # of the unit
_CORNER: Final = 0.02
_LABEL_SPACE: Final = 0.9  # between its Arabic and its English, in heights of its letters
_REPLY: Final = ("رد", "Reply")
_PARTIAL: Final = ("يُكتب الآن", "Being written")


def draw_reply(panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
    """Draw the reply as large as fits, at most REPLY_LETTERS, below a line that says what it is."""
    reply = scene.reply
    if reply is None:
        return
    canvas, typeface, colour = ImageDraw.Draw(panel), style.typeface, style.theme.reply_text
    canvas.rounded_rectangle((0, 0, panel.width - 1, panel.height - 1), _CORNER * style.unit, style.theme.reply)
    left = _PADDING * style.unit
    right, letters = panel.width - left, STATUS_LETTERS * style.unit
    arabic, english = _PARTIAL if reply.partial else _REPLY
    baseline = left + ASCENT * letters
    label_width = typeface.draw(canvas, arabic, (right, baseline), letters, Weight.BOLD, colour)
    if style.english:
        at = (right - label_width - _LABEL_SPACE * letters, baseline)
        typeface.draw(canvas, english, at, letters, Weight.REGULAR, colour)

    def width_of(line: Line) -> float:
        return typeface.width_of_runs(line, REFERENCE_LETTERS, Weight.BOLD) / REFERENCE_LETTERS

    top = left + LEADING * letters
    space = right - left, panel.height - left - top
    paragraph = fit_paragraph(reply.text, width_of, space, REPLY_LETTERS * style.unit)
    letters, step = paragraph.letters, REPLY_LEADING * paragraph.letters
    baseline = top + (space[1] - len(paragraph.lines) * step) / 2 + ASCENT * letters
    for line in paragraph.lines:
        end = right if paragraph.right_to_left else left + typeface.width_of_runs(line, letters, Weight.BOLD)
        typeface.draw_runs(canvas, line, (end, baseline), letters, Weight.BOLD, colour)
        baseline += step
