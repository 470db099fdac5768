"""What is shown at a moment: a frozen value, and the pure functions of time that it comes from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.sinks.captions.message import Clear, Identify, Message, Said, State, View
from edge.sinks.captions.style import CaptionStyle

REMEMBERED: Final = 12
"""Words kept; no screen has room for more in its running line."""

_WELL: Final = State()
_FADE_S: Final = 3.0
_FADE_STEPS: Final = 12
_VIEW_FRESH_S: Final = 2.0
_SHIFT_EVERY_S: Final = 60.0
_SHIFT_STEPS: Final = 12
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Caption:
    """A word as it is shown: `strength` falls from 1 to 0 as it fades."""

    word: str
    english: str
    sure: bool
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is on the screen.

    `line` holds the words before the newest, oldest first. `shift` is how far everything is moved, in thousandths of
    the screen's height. `identity` is a name that is shown instead of everything else.
    """

    newest: Caption | None = None
    line: tuple[Caption, ...] = ()
    state: State = _WELL
    view: View | None = None
    identity: str | None = None
    shift: tuple[int, int] = (0, 0)
    brightness: float = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """All that the screen's program was told and still matters."""

    said: tuple[Said, ...] = ()
    state: State = _WELL
    view: View | None = None
    identify: Identify | None = None

    def after(self, message: Message) -> "Heard":
        """What is known once a message was heard."""
        match message:
            case Said():
                return Heard((*self.said, message)[-REMEMBERED:], self.state, self.view, self.identify)
            case State():
                return Heard(self.said, message, self.view, self.identify)
            case View():
                return Heard(self.said, self.state, message, self.identify)
            case Identify():
                return Heard(self.said, self.state, self.view, message)
            case Clear():
                return Heard((), self.state, self.view, self.identify)
            case _:
                return self


def scene_at(heard: Heard, look: CaptionStyle, now: float, minute_of_day: int) -> Scene:
    """The scene at a moment of the monotonic clock, when the wall clock's minute of the day is this."""
    newest, before = heard.said[-1:], heard.said[:-1]
    if newest and strength(now - newest[0].at, look.fade_after_s) == 0.0:
        newest, before = (), heard.said
    view, identify = heard.view, heard.identify
    return Scene(
        newest=_captions(newest, look, now, look.fade_after_s)[0] if newest else None,
        line=_captions(before, look, now, look.history_s),
        state=heard.state,
        view=view if view is not None and now - view.at < _VIEW_FRESH_S else None,
        identity=identify.name if identify is not None and now < identify.until else None,
        shift=shift(now),
        brightness=look.night_brightness if is_night(look.night_hours, minute_of_day) else 1.0,
    )


def strength(age_s: float, fade_after_s: float) -> float:
    """1 while fresh, 0 once faded, in steps between, so that a scene changes only when it must be drawn anew."""
    faded = min(1.0, max(0.0, (age_s - fade_after_s) / _FADE_S))
    return 1.0 - math.floor(faded * _FADE_STEPS) / _FADE_STEPS


def shift(now: float) -> tuple[int, int]:
    """A few pixels around a circle, one step a minute: no pixel shows an edge of the same letter for hours."""
    angle = math.tau * (now // _SHIFT_EVERY_S % _SHIFT_STEPS) / _SHIFT_STEPS
    return round(6 * math.cos(angle)), round(6 * math.sin(angle))


def is_night(hours: str, minute_of_day: int) -> bool:
    """Whether a minute of the day lies within hours like "22:00-06:00"; nothing lies within empty ones."""
    if not hours:
        return False
    start, end = (60 * int(clock[:2]) + int(clock[3:]) for clock in hours.split("-"))
    return (minute_of_day - start) % _DAY_MINUTES < (end - start) % _DAY_MINUTES


def _captions(said: Sequence[Said], look: CaptionStyle, now: float, fade_after_s: float) -> tuple[Caption, ...]:
    faded = ((one, strength(now - one.at, fade_after_s)) for one in said)
    return tuple(
        Caption(one.word, one.english, one.confidence >= look.confident_from, how) for one, how in faded if how > 0.0
    )
