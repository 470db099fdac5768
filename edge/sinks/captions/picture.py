"""Draws scenes one after another: a picture, of which only what has changed is drawn anew."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from edge.sinks.captions.layout import Box, Layout, lay_out
from edge.sinks.captions.panels import Style, draw_identity, draw_line, draw_newest, draw_state
from edge.sinks.captions.preview import draw_view
from edge.sinks.captions.scene import Scene
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.text import Typeface
from edge.sinks.captions.theme import THEMES


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the picture: where it is, what of a scene it shows, and how that is drawn."""

    box: Box
    content: Callable[[Scene], object]
    draw: Callable[[Image.Image, Scene, Style], None]


class Painter:
    """Draws on a picture of one size."""

    def __init__(self, look: CaptionStyle, size: tuple[int, int]) -> None:
        """Raises LettersMissing."""
        self._look = look
        self._typeface = Typeface.find(look.typeface)
        self._layout = lay_out(*size, preview=look.preview != "off")
        self._panels = self._arrange(self._layout)
        self._last: Scene | None = None
        self.picture = Image.new("RGB", size)
        """The scene drawn last, RGB."""

    def paint(self, scene: Scene) -> list[Box]:
        """Draw a scene; returns where the picture has changed."""
        last, self._last = self._last, scene
        if scene == last:
            return []
        theme = THEMES[self._look.theme].dimmed(scene.brightness)
        style = Style(theme, self._typeface, self._layout.unit, self._layout.bleed, self._look.english)
        if scene.identity is not None:
            draw_identity(self.picture, scene.identity, style)
            return [self._everything]
        if last is None or _frame(last) != _frame(scene):
            self.picture.paste(theme.background, (0, 0, *self.picture.size))
            self._draw(self._panels, scene, style)
            return [self._everything]
        return self._draw([one for one in self._panels if one.content(last) != one.content(scene)], scene, style)

    @property
    def _everything(self) -> Box:
        return Box(0, 0, *self.picture.size)

    def _arrange(self, layout: Layout) -> list[Panel]:
        panels = [
            Panel(layout.state, lambda scene: (scene.state, scene.newest is None and not scene.line), draw_state),
            Panel(layout.word, lambda scene: scene.newest, draw_newest),
            Panel(layout.line, lambda scene: scene.line, draw_line),
        ]
        if layout.preview is not None:
            panels.append(Panel(layout.preview, lambda scene: scene.view, self._draw_view))
        return panels

    def _draw(self, panels: list[Panel], scene: Scene, style: Style) -> list[Box]:
        unit = self._layout.unit
        shift = (round(scene.shift[0] * unit / 1000), round(scene.shift[1] * unit / 1000))
        changed = []
        for panel in panels:
            drawn = Image.new("RGB", (panel.box.width, panel.box.height), style.theme.background)
            panel.draw(drawn, scene, style)
            place = panel.box.moved(shift)
            self.picture.paste(drawn, (place.left, place.top))
            changed.append(place)
        return changed

    def _draw_view(self, panel: Image.Image, scene: Scene, style: Style) -> None:
        draw_view(panel, scene.view, style.theme, mirrored=self._look.mirrored, brightness=scene.brightness)


def _frame(scene: Scene) -> object:
    """What every panel depends on."""
    return scene.identity, scene.shift, scene.brightness
