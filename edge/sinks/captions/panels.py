"""Draws the textual panels of a scene: newest word, previous words, status line, and the device's name."""

from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from edge.monitoring.status import Obstacle
from edge.sinks.captions.layout import ASCENT, ENGLISH_LETTERS, LEADING, LINE_LETTERS, STATUS_LETTERS, WORD_LETTERS
from edge.sinks.captions.lines import WidthFunction, count_fitting, fit
from edge.sinks.captions.message import StatusMessage
from edge.sinks.captions.scene import Caption, Scene
from edge.sinks.captions.text import Typeface, Weight
from edge.sinks.captions.theme import Colour, Theme, mixed

REFERENCE_LETTERS: Final = 100.0  # height in pixels at which widths are measured once, to be scaled
ENGLISH_ASCENT: Final = 1.3
ENGLISH_LEADING: Final = 1.8
_WORD_GAP: Final = 1.3  # between previous words
_DOT: Final = 0.09  # radius of the dots between them
_MIDDLE: Final = 0.42  # height of the middle of letters without ascenders above the baseline
_NOTICE_DOT: Final = 0.3
_NOTICE_INDENT: Final = 1.3
_NOTICE_SPACE: Final = 0.9  # between its Arabic and its English
_NOTICE_GAP: Final = 2.4
# Notices in Arabic and in English.
_READY: Final = ("جاهز", "Ready")
_PAUSED: Final = ("متوقف مؤقتًا", "Paused")
_KEEPING: Final = ("تُحفظ الإشارات الآن بموافقة صاحبها", "Signs are kept now, by consent")
_FAULTS: Final = {
    "camera": ("لا صورة من الكاميرا", "No picture from the camera"),
    "broker": ("لا اتصال بالخادم", "No connection to the broker"),
}
_OBSTACLES: Final = {
    Obstacle.TOO_DARK.value: ("الإضاءة ضعيفة: أضيئوا المكان", "Too dark: more light, please"),
    Obstacle.TOO_FAR.value: ("اقتربوا من الكاميرا", "Please come closer"),
    Obstacle.TOO_BLURRED.value: ("الصورة غير واضحة: نظفوا عدسة الكاميرا", "Blurred picture: clean the camera's lens"),
}


@dataclass(frozen=True, slots=True)
class PanelStyle:
    """Everything that drawing depends on besides the scene. `unit` and `bleed` are those of the layout, in pixels."""

    theme: Theme
    typeface: Typeface
    unit: int
    bleed: int
    english: bool


def draw_newest_word(panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
    """Draw the newest word as large as fits, at most WORD_LETTERS, and its English below."""
    caption = scene.newest
    if caption is None:
        return
    theme, typeface, weight = style.theme, style.typeface, _weight(caption)
    english = caption.english if style.english and caption.english != caption.word else ""
    english_letters = ENGLISH_LETTERS * style.unit if english else 0.0
    width, height = panel.width - 2 * style.bleed, panel.height - ENGLISH_LEADING * english_letters
    fitted = fit(caption.word, width_function(typeface, weight), (width, height), WORD_LETTERS * style.unit)
    step = LEADING * fitted.letters
    canvas, right = ImageDraw.Draw(panel), panel.width - style.bleed
    top = (height - len(fitted.lines) * step) / 2
    colour = mixed(theme.background, theme.text if caption.is_confident else theme.unsure, caption.opacity)
    for line in fitted.lines:
        typeface.draw(canvas, line, (right, top + ASCENT * fitted.letters), fitted.letters, weight, colour)
        top += step
    if english:
        english_width = width_function(typeface, Weight.REGULAR)(english)  # may be none, of invisible characters
        letters = min(english_letters, width / english_width) if english_width else english_letters
        colour = mixed(theme.background, theme.quiet, caption.opacity)
        baseline = top + ENGLISH_ASCENT * english_letters
        typeface.draw(canvas, english, (right, baseline), letters, Weight.REGULAR, colour)


def draw_previous_words(panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
    """Draw the words before the newest from right to left, as many of the last as fit."""
    if not scene.previous:
        return
    theme, typeface = style.theme, style.typeface
    width, letters = panel.width - 2 * style.bleed, LINE_LETTERS * style.unit
    widths = [typeface.width(one.word, letters, _weight(one)) for one in scene.previous]
    count = count_fitting(widths, width, _WORD_GAP * letters)
    if count == 0:  # one word wider than the screen
        count, letters = 1, letters * width / widths[-1]
    canvas, baseline = ImageDraw.Draw(panel), ASCENT * letters
    right = float(panel.width - style.bleed)
    for index, one in enumerate(scene.previous[-count:]):
        if index:
            dot = right - _WORD_GAP * letters / 2, baseline - _MIDDLE * letters
            _draw_dot(canvas, dot, _DOT * letters, mixed(theme.background, theme.faint, one.opacity))
            right -= _WORD_GAP * letters
        colour = mixed(theme.background, theme.quiet, one.opacity)
        right -= typeface.draw(canvas, one.word, (right, baseline), letters, _weight(one), colour)


def draw_status(panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
    """Draw faults and pause; a faint “ready” where nothing else is on the screen."""
    notices, colour, quiet = _notices(scene.status), style.theme.alarm, style.theme.quiet
    if not notices and is_empty(scene):
        notices, colour, quiet = [_READY], style.theme.faint, style.theme.faint
    english = style.english
    if sum(_notice_width(notice, style, english=True) for notice in notices) > panel.width - 2 * style.bleed:
        english = False
    canvas = ImageDraw.Draw(panel)
    letters = STATUS_LETTERS * style.unit
    start, baseline = float(panel.width - style.bleed), ASCENT * letters
    for notice in notices:
        dot = start - _NOTICE_DOT * letters, baseline - _MIDDLE * letters
        _draw_dot(canvas, dot, _NOTICE_DOT * letters, colour)
        right = start - _NOTICE_INDENT * letters
        right -= style.typeface.draw(canvas, notice[0], (right, baseline), letters, Weight.BOLD, colour)
        if english:
            right -= _NOTICE_SPACE * letters
            style.typeface.draw(canvas, notice[1], (right, baseline), letters, Weight.REGULAR, quiet)
        start -= _notice_width(notice, style, english=english)


def is_empty(scene: Scene) -> bool:
    """Return True if a scene shows nothing in place of words."""
    return scene.newest is None and not scene.previous and scene.teaching is None


def draw_identity(panel: Image.Image, name: str, style: PanelStyle) -> None:
    """Draw a device's name in inverted colours, so that it is seen from across a hall."""
    panel.paste(style.theme.text, (0, 0, *panel.size))
    space = 0.9 * panel.width, 0.6 * panel.height
    fitted = fit(name, width_function(style.typeface, Weight.BOLD), space, WORD_LETTERS * style.unit)
    width = style.typeface.width(name, fitted.letters, Weight.BOLD)
    at = (panel.width + width) / 2, (panel.height + fitted.letters) / 2
    style.typeface.draw(ImageDraw.Draw(panel), name, at, fitted.letters, Weight.BOLD, style.theme.background)


def _notices(status: StatusMessage) -> list[tuple[str, str]]:
    faults = [_FAULTS[name] for name in status.faults if name in _FAULTS]
    obstacles = [_OBSTACLES[status.obstacle]] if status.obstacle in _OBSTACLES and not (faults or status.paused) else []
    # First, so that it is seen in any case.
    return ([_KEEPING] if status.keeping else []) + ([_PAUSED] if status.paused else []) + faults + obstacles


def _notice_width(notice: tuple[str, str], style: PanelStyle, *, english: bool) -> float:
    """Return the distance from the start of a notice to that of the next."""
    letters = STATUS_LETTERS * style.unit
    width = style.typeface.width(notice[0], letters, Weight.BOLD) + (_NOTICE_INDENT + _NOTICE_GAP) * letters
    if english:
        width += style.typeface.width(notice[1], letters, Weight.REGULAR) + _NOTICE_SPACE * letters
    return width


def width_function(typeface: Typeface, weight: Weight) -> WidthFunction:
    """Return the function of the width of a line in heights of its letters."""
    return lambda text: typeface.width(text, REFERENCE_LETTERS, weight) / REFERENCE_LETTERS


def _weight(caption: Caption) -> Weight:
    return Weight.BOLD if caption.is_confident else Weight.REGULAR


def _draw_dot(canvas: ImageDraw.ImageDraw, at: tuple[float, float], radius: float, colour: Colour) -> None:
    x, y = at
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
