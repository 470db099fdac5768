"""Draws the panels of a teaching session: what the signer does next, with the countdown, and how far the session is."""

from typing import Final

from PIL import Image, ImageDraw

from edge.attempts.rejection import Fault
from edge.sinks.captions.layout import ASCENT, ENGLISH_LETTERS, LEADING, LINE_LETTERS, WORD_LETTERS
from edge.sinks.captions.lines import fit
from edge.sinks.captions.message import TeachingMessage
from edge.sinks.captions.panels import ENGLISH_ASCENT, ENGLISH_LEADING, PanelStyle, width_function
from edge.sinks.captions.scene import Scene
from edge.sinks.captions.text import Weight
from edge.sinks.captions.theme import Colour

_CORNER: Final = 0.02  # of the unit
_SPACE: Final = 0.9  # between Arabic and English, in heights of letters
_LEFT_TO_RIGHT: Final = chr(0x200E)  # LEFT-TO-RIGHT MARK: a number that begins English stays at its left
_COUNTDOWN: Final = "countdown"
_SIGN: Final = "sign"
_DOUBT: Final = "doubt"
_WHILE_COLLECTING: Final = ("rest", _COUNTDOWN, _SIGN, _DOUBT)
# Prompts and faults in Arabic and in English.
_PROMPTS: Final = {
    "rest": ("أنزلوا أيديكم", "Hands down"),
    _SIGN: ("أشيروا الآن", "Sign now"),
    _DOUBT: ("تشبه إشارة {}", "It looks like {}"),
    "learning": ("الجهاز يتعلم", "Learning"),
    "done": ("تعلّمها الجهاز", "Learned"),
    "failed": ("لم يتعلم الجهاز شيئًا", "Nothing was learned"),
    "cancelled": ("أُلغي، ولم يُحفظ شيء", "Cancelled, nothing was kept"),
}
_FAULTS: Final = {
    Fault.TOO_LONG.value: ("لم تستقر اليدان: أعيدوها", "The hands did not rest: once more"),
    Fault.TOO_SHORT.value: ("كانت قصيرة جدًا: أعيدوها أبطأ", "Too short: once more, slower"),
    Fault.TOO_FEW_FRAMES.value: ("وصلت صور قليلة: أعيدوها أبطأ", "Too few pictures: once more, slower"),
    Fault.SHOULDERS_HIDDEN.value: ("لم يظهر الكتفان: أعيدوها", "Shoulders out of view: once more"),
    Fault.HANDS_HIDDEN.value: ("لم تظهر اليدان: أعيدوها", "Hands out of view: once more"),
    Fault.CUT_OFF.value: ("خرجت اليد من الصورة: أعيدوها أبعد قليلًا", "A hand left the picture: step back"),
    Fault.NO_REST.value: ("أنزلوا أيديكم أولًا", "Lower your hands first"),
    Fault.NO_HAND.value: ("لم تُرفع أي يد: أعيدوها", "No hand rose: once more"),
    Fault.UNLIKE_OTHERS.value: ("اختلفت عن المرات السابقة: أعيدوها", "Unlike the times before: once more"),
    Fault.LIKE_ANOTHER.value: ("أشبهت إشارة أخرى: أعيدوها", "Like another sign: once more"),
    Fault.SKIPPED.value: ("أعيدوها", "Once more"),
}


def draw_prompt(panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
    """Draw the word and, as large as fits, the seconds that are left or what to do; filled when it is time to sign."""
    teaching = scene.teaching
    if teaching is None:
        return
    theme, unit, height = style.theme, style.unit, float(panel.height)
    text, quiet, left, right = theme.text, theme.quiet, style.bleed, panel.width - style.bleed
    arabic, english = _prompt(teaching)
    if teaching.phase == _SIGN:
        ImageDraw.Draw(panel).rounded_rectangle((left, 0, right, panel.height - 1), _CORNER * unit, theme.reply)
        text = quiet = theme.reply_text
    top, heading = 0.0, LEADING * LINE_LETTERS * unit
    english_letters = ENGLISH_LETTERS * unit if style.english and english else 0.0
    if height < 2 * (heading + ENGLISH_LEADING * english_letters):  # below a reply there is no room for them
        english_letters = 0.0
    elif teaching.word[0]:
        row = teaching.word if style.english else (teaching.word[0], "")
        _draw_row(panel, row, ASCENT * LINE_LETTERS * unit, (text, quiet), style)
        top = heading
    inner = right - left - 2 * _CORNER * unit
    space = inner, height - top - ENGLISH_LEADING * english_letters
    fitted = fit(arabic, width_function(style.typeface, Weight.BOLD), space, WORD_LETTERS * unit)
    step = LEADING * fitted.letters
    top += (space[1] - len(fitted.lines) * step) / 2
    for line in fitted.lines:
        baseline = top + ASCENT * fitted.letters
        _draw_centred(panel, line, baseline, fitted.letters, Weight.BOLD, text, style)
        top += step
    if english_letters:
        width = width_function(style.typeface, Weight.REGULAR)(english)
        letters = min(english_letters, inner / width) if width else english_letters
        baseline = top + ENGLISH_ASCENT * english_letters
        _draw_centred(panel, english, baseline, letters, Weight.REGULAR, quiet, style)


def draw_progress(panel: Image.Image, scene: Scene, style: PanelStyle) -> None:
    """Draw why the last take was not kept, or which take is asked for."""
    teaching = scene.teaching
    if teaching is None or teaching.phase not in _WHILE_COLLECTING:
        return
    colour, position, takes = style.theme.quiet, *teaching.progress
    row = f"{position} من {takes}", f"{_LEFT_TO_RIGHT}{position} of {takes}"
    if teaching.fault in _FAULTS and teaching.phase != _DOUBT:
        row, colour = _FAULTS[teaching.fault], style.theme.alarm
    row = row if style.english else (row[0], "")
    _draw_row(panel, row, ASCENT * LINE_LETTERS * style.unit, (colour, style.theme.quiet), style)


def _prompt(teaching: TeachingMessage) -> tuple[str, str]:
    if teaching.phase == _COUNTDOWN:
        return str(teaching.seconds), ""
    arabic, english = _PROMPTS.get(teaching.phase, ("", ""))
    return arabic.format(teaching.looks_like[0]), english.format(teaching.looks_like[1])


def _draw_row(
    panel: Image.Image, row: tuple[str, str], baseline: float, colours: tuple[Colour, Colour], style: PanelStyle
) -> None:
    """Draw Arabic and English side by side, in letters of the line of words or smaller where they would not fit."""
    typeface, space = style.typeface, panel.width - 2 * style.bleed - 2 * _CORNER * style.unit
    weights = Weight.BOLD, Weight.REGULAR
    widths = [width_function(typeface, weight)(text) for text, weight in zip(row, weights, strict=True)]
    width = sum(widths) + (_SPACE if row[1] else 0.0)
    letters = min(LINE_LETTERS * style.unit, space / (width or 1.0))
    right = panel.width - style.bleed - _CORNER * style.unit
    for text, weight, colour in zip(row, weights, colours, strict=True):
        if text:
            right -= typeface.draw(ImageDraw.Draw(panel), text, (right, baseline), letters, weight, colour)
            right -= _SPACE * letters


def _draw_centred(
    panel: Image.Image, text: str, baseline: float, letters: float, weight: Weight, colour: Colour, style: PanelStyle
) -> None:
    width = style.typeface.width(text, letters, weight)
    style.typeface.draw(ImageDraw.Draw(panel), text, ((panel.width + width) / 2, baseline), letters, weight, colour)
