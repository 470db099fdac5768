"""Draws what a scene says in words: the newest word, the running line, the state line, and which device this is."""

from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from edge.sinks.captions.layout import ENGLISH_LETTERS, LEADING, LINE_LETTERS, RISE, STATE_LETTERS, WORD_LETTERS
from edge.sinks.captions.lines import Width, fit, newest_that_fit
from edge.sinks.captions.message import State
from edge.sinks.captions.scene import Caption, Scene
from edge.sinks.captions.text import Typeface, Weight
from edge.sinks.captions.theme import Colour, Theme, mixed

_TRIAL: Final = 100.0  # height of letters at which widths are measured once, to be scaled
_ENGLISH_RISE: Final = 1.3
_ENGLISH_LEADING: Final = 1.8
_LINE_GAP: Final = 1.3  # between the words of the running line
_DOT: Final = 0.09  # radius of the dots between them
_MIDDLE: Final = 0.42  # how far above the baseline the middle of letters without ascenders is
_NOTICE_DOT: Final = 0.3
_NOTICE_INDENT: Final = 1.3
_NOTICE_SPACE: Final = 0.9  # between its Arabic and its English
_NOTICE_GAP: Final = 2.4
# What a notice says, in Arabic and in English.
_READY: Final = ("جاهز", "Ready")
_PAUSED: Final = ("متوقف مؤقتًا", "Paused")
_TROUBLES: Final = {
    "camera": ("لا صورة من الكاميرا", "No picture from the camera"),
    "broker": ("لا اتصال بالخادم", "No connection to the broker"),
}


@dataclass(frozen=True, slots=True)
class Style:
    """What drawing rests on. `unit` and `bleed` are those of the layout, in pixels."""

    theme: Theme
    typeface: Typeface
    unit: int
    bleed: int
    english: bool


def draw_newest(panel: Image.Image, scene: Scene, style: Style) -> None:
    """The newest word as large as there is room for, at most WORD_LETTERS, and its English below."""
    caption = scene.newest
    if caption is None:
        return
    theme, typeface, weight = style.theme, style.typeface, _weight(caption)
    english = caption.english if style.english else ""
    english_letters = ENGLISH_LETTERS * style.unit if english else 0.0
    width, height = panel.width - 2 * style.bleed, panel.height - _ENGLISH_LEADING * english_letters
    setting = fit(caption.word, _measure(typeface, weight), (width, height), WORD_LETTERS * style.unit)
    step = LEADING * setting.letters
    canvas, right = ImageDraw.Draw(panel), panel.width - style.bleed
    top = (height - len(setting.lines) * step) / 2
    colour = mixed(theme.background, theme.text if caption.sure else theme.unsure, caption.strength)
    for line in setting.lines:
        typeface.draw(canvas, line, (right, top + RISE * setting.letters), setting.letters, weight, colour)
        top += step
    if english:
        letters = min(english_letters, width / _measure(typeface, Weight.REGULAR)(english))
        colour = mixed(theme.background, theme.quiet, caption.strength)
        typeface.draw(canvas, english, (right, top + _ENGLISH_RISE * english_letters), letters, Weight.REGULAR, colour)


def draw_line(panel: Image.Image, scene: Scene, style: Style) -> None:
    """The words before the newest from right to left, as many of the last as there is room for."""
    if not scene.line:
        return
    theme, typeface = style.theme, style.typeface
    width, letters = panel.width - 2 * style.bleed, LINE_LETTERS * style.unit
    widths = [typeface.width(one.word, letters, _weight(one)) for one in scene.line]
    shown = newest_that_fit(widths, width, _LINE_GAP * letters)
    if shown == 0:  # one word wider than the screen
        shown, letters = 1, letters * width / widths[-1]
    canvas, baseline = ImageDraw.Draw(panel), RISE * letters
    right = float(panel.width - style.bleed)
    for number, one in enumerate(scene.line[-shown:]):
        if number:
            dot = right - _LINE_GAP * letters / 2, baseline - _MIDDLE * letters
            _draw_dot(canvas, dot, _DOT * letters, mixed(theme.background, theme.faint, one.strength))
            right -= _LINE_GAP * letters
        colour = mixed(theme.background, theme.quiet, one.strength)
        right -= typeface.draw(canvas, one.word, (right, baseline), letters, _weight(one), colour)


def draw_state(panel: Image.Image, scene: Scene, style: Style) -> None:
    """What is wrong, or that the device is paused; a faint “ready” where nothing else is on the screen."""
    notices, colour, quiet = _notices(scene.state), style.theme.alarm, style.theme.quiet
    if not notices and scene.newest is None and not scene.line:
        notices, colour, quiet = [_READY], style.theme.faint, style.theme.faint
    english = style.english
    if sum(_notice_width(notice, style, english=True) for notice in notices) > panel.width - 2 * style.bleed:
        english = False
    canvas = ImageDraw.Draw(panel)
    letters = STATE_LETTERS * style.unit
    start, baseline = float(panel.width - style.bleed), RISE * letters
    for notice in notices:
        dot = start - _NOTICE_DOT * letters, baseline - _MIDDLE * letters
        _draw_dot(canvas, dot, _NOTICE_DOT * letters, colour)
        right = start - _NOTICE_INDENT * letters
        right -= style.typeface.draw(canvas, notice[0], (right, baseline), letters, Weight.BOLD, colour)
        if english:
            right -= _NOTICE_SPACE * letters
            style.typeface.draw(canvas, notice[1], (right, baseline), letters, Weight.REGULAR, quiet)
        start -= _notice_width(notice, style, english=english)


def draw_identity(panel: Image.Image, name: str, style: Style) -> None:
    """A device's name, with colours turned round so that it is seen from across a hall."""
    panel.paste(style.theme.text, (0, 0, *panel.size))
    room = 0.9 * panel.width, 0.6 * panel.height
    setting = fit(name, _measure(style.typeface, Weight.BOLD), room, WORD_LETTERS * style.unit)
    width = style.typeface.width(name, setting.letters, Weight.BOLD)
    at = (panel.width + width) / 2, (panel.height + setting.letters) / 2
    style.typeface.draw(ImageDraw.Draw(panel), name, at, setting.letters, Weight.BOLD, style.theme.background)


def _notices(state: State) -> list[tuple[str, str]]:
    return ([_PAUSED] if state.paused else []) + [_TROUBLES[name] for name in state.troubles if name in _TROUBLES]


def _notice_width(notice: tuple[str, str], style: Style, *, english: bool) -> float:
    """How far it is from the start of a notice to that of the next."""
    letters = STATE_LETTERS * style.unit
    width = style.typeface.width(notice[0], letters, Weight.BOLD) + (_NOTICE_INDENT + _NOTICE_GAP) * letters
    if english:
        width += style.typeface.width(notice[1], letters, Weight.REGULAR) + _NOTICE_SPACE * letters
    return width


def _measure(typeface: Typeface, weight: Weight) -> Width:
    return lambda text: typeface.width(text, _TRIAL, weight) / _TRIAL


def _weight(caption: Caption) -> Weight:
    return Weight.BOLD if caption.sure else Weight.REGULAR


def _draw_dot(canvas: ImageDraw.ImageDraw, at: tuple[float, float], radius: float, colour: Colour) -> None:
    x, y = at
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
