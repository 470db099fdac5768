"""Paints scenes one after another on an image, and redraws only what has changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image

from edge.sinks.captions.invitation import draw_invitation
from edge.sinks.captions.layout import Box, Layout, lay_out
from edge.sinks.captions.panels import (
    PanelStyle,
    draw_identity,
    draw_newest_word,
    draw_previous_words,
    draw_status,
    is_empty,
)
from edge.sinks.captions.preview import draw_view
from edge.sinks.captions.reply import draw_reply
from edge.sinks.captions.scene import Scene
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.teaching import draw_progress, draw_prompt
from edge.sinks.captions.text import Typeface
from edge.sinks.captions.theme import THEMES
from edge.sinks.captions.utterance_panels import draw_previous_utterance, draw_utterance

DrawFunction = Callable[[Image.Image, Scene, PanelStyle], None]


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the image: its box, the part of a scene that it shows, and the function that draws it."""

    box: Box
    content: Callable[[Scene], object]
    draw: DrawFunction


class Painter:
    """Paints on an image of one size."""

    def __init__(self, style: CaptionStyle, size: tuple[int, int]) -> None:
        """Load the fonts and arrange the panels. Raises FontMissing."""
        self._style = style
        self._typeface = Typeface.find(style.typeface)
        preview = style.preview != "off"
        self._layout = lay_out(*size, preview=preview, text_size=style.text_size)
        self._panels = self._arrange(self._layout)
        self._panels_with_reply = self._arrange(lay_out(*size, preview=preview, reply=True, text_size=style.text_size))
        self._last: Scene | None = None
        self.image = Image.new("RGB", size)
        """The scene painted last, RGB."""

    def paint(self, scene: Scene) -> list[Box]:
        """Paint a scene and return the boxes that have changed."""
        last, self._last = self._last, scene
        if scene == last:
            return []
        theme = THEMES[self._style.theme].dimmed(scene.brightness)
        style = PanelStyle(theme, self._typeface, self._layout.unit, self._layout.bleed, self._style.english)
        if scene.identity is not None:
            draw_identity(self.image, scene.identity, style)
            return [self._whole]
        if scene.invitation is not None:
            draw_invitation(self.image, scene.invitation, style)
            return [self._whole]
        panels = self._panels if scene.reply is None else self._panels_with_reply
        if last is None or _common_content(last) != _common_content(scene):
            self.image.paste(theme.background, (0, 0, *self.image.size))
            self._draw(panels, scene, style)
            return [self._whole]
        return self._draw([one for one in panels if one.content(last) != one.content(scene)], scene, style)

    @property
    def _whole(self) -> Box:
        return Box(0, 0, *self.image.size)

    def _arrange(self, layout: Layout) -> list[Panel]:
        draw_newest, draw_previous = draw_newest_word, draw_previous_words
        if self._style.show == "utterances":
            draw_newest, draw_previous = draw_utterance, draw_previous_utterance
        panels = [
            Panel(layout.status, lambda scene: (scene.status, is_empty(scene)), draw_status),
            Panel(
                layout.word, lambda scene: (scene.newest, scene.teaching), _unless_teaching(draw_newest, draw_prompt)
            ),
            Panel(
                layout.line,
                lambda scene: (scene.previous, scene.teaching),
                _unless_teaching(draw_previous, draw_progress),
            ),
        ]
        if layout.preview is not None:
            panels.append(Panel(layout.preview, lambda scene: scene.view, self._draw_preview))
        if layout.reply is not None:
            panels.append(Panel(layout.reply, lambda scene: scene.reply, draw_reply))
        return panels

    def _draw(self, panels: list[Panel], scene: Scene, style: PanelStyle) -> list[Box]:
        unit = self._layout.unit
        shift = (round(scene.shift[0] * unit / 1000), round(scene.shift[1] * unit / 1000))
        text_style = replace(style, unit=round(self._style.text_size * unit))
        changed = []
        for panel in panels:
            content = Image.new("RGB", (panel.box.width, panel.box.height), style.theme.background)
            panel.draw(content, scene, style if panel.draw is draw_status else text_style)
            box = panel.box.shifted(shift)
            self.image.paste(content, (box.left, box.top))
            changed.append(box)
        return changed

    def _draw_preview(self, panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
        draw_view(panel, scene.view, style.theme, mirrored=self._style.mirrored, brightness=scene.brightness)


def _unless_teaching(draw: DrawFunction, draw_teaching: DrawFunction) -> DrawFunction:
    """Return the function that draws a panel of words, or of teaching while somebody teaches the device."""

    def draw_either(panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
        (draw if scene.teaching is None else draw_teaching)(panel, scene, style)

    return draw_either


def _common_content(scene: Scene) -> object:
    """Return the part of a scene that every panel depends on."""
    return scene.identity, scene.invitation, scene.shift, scene.brightness, scene.reply is None
