"""Colour themes, and the contrast of colours."""

from dataclasses import dataclass
from typing import Final, Self

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme.

    `text` is for confident words, `unsure` for others, `quiet` for English and previous words, `panel` behind the
    preview, `body`, `left_hand` and `right_hand` for the skeleton, `alarm` for faults, `faint` for what should hardly
    be noticed, `reply` behind the `reply_text`.
    """

    background: Colour
    text: Colour
    unsure: Colour
    quiet: Colour
    panel: Colour
    body: Colour
    left_hand: Colour
    right_hand: Colour
    alarm: Colour
    faint: Colour
    reply: Colour
    reply_text: Colour

    def dimmed(self, brightness: float) -> Self:
        """Return the same colours, darker: brightness 1 leaves them, 0 is black."""
        if brightness >= 1.0:
            return self
        return type(self)(*(scaled(getattr(self, name), brightness) for name in self.__slots__))


THEMES: Final = {
    "dark": Theme(
        background=(13, 17, 23),
        text=(246, 243, 235),
        unsure=(240, 184, 96),
        quiet=(178, 187, 200),
        panel=(24, 30, 39),
        body=(118, 132, 150),
        left_hand=(94, 203, 190),
        right_hand=(240, 184, 96),
        alarm=(255, 168, 94),
        faint=(116, 126, 140),
        reply=(24, 62, 110),
        reply_text=(255, 255, 255),
    ),
    "light": Theme(
        background=(250, 247, 240),
        text=(24, 28, 36),
        unsure=(150, 84, 8),
        quiet=(84, 92, 104),
        panel=(236, 231, 220),
        body=(126, 134, 146),
        left_hand=(10, 122, 112),
        right_hand=(176, 98, 10),
        alarm=(168, 56, 16),
        faint=(126, 124, 118),
        reply=(26, 74, 128),
        reply_text=(255, 255, 255),
    ),
    "contrast": Theme(
        background=(0, 0, 0),
        text=(255, 255, 255),
        unsure=(255, 221, 64),
        quiet=(255, 255, 255),
        panel=(30, 30, 30),
        body=(200, 200, 200),
        left_hand=(64, 240, 255),
        right_hand=(255, 221, 64),
        alarm=(255, 221, 64),
        faint=(170, 170, 170),
        reply=(255, 255, 255),
        reply_text=(0, 0, 0),
    ),
}


def scaled(colour: Colour, brightness: float) -> Colour:
    """Return a darker colour: brightness 1 leaves it, 0 is black."""
    red, green, blue = colour
    return round(red * brightness), round(green * brightness), round(blue * brightness)


def mixed(background: Colour, colour: Colour, opacity: float) -> Colour:
    """Return a colour faded into the background: opacity 1 is the colour, 0 the background."""
    red, green, blue = (round(low + (high - low) * opacity) for low, high in zip(background, colour, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, 1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (value / 255 for value in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
