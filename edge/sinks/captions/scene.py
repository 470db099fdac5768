"""Computes the scene that is shown at an instant, by pure functions of time and of the messages received."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from edge.day_hours import is_within
from edge.sinks.captions.message import (
    CaptionsMessage,
    Clear,
    Identify,
    Invite,
    Message,
    ReplyMessage,
    StatusMessage,
    TeachingMessage,
    Text,
    View,
)
from edge.sinks.captions.style import CaptionStyle
from landmarkers.plain_text import MAX_SENTENCE, one_line

_MAX_CHARACTERS: Final = 1000  # of the end of a text; a screen shows a few hundred
_NO_FAULT: Final = StatusMessage()
_NO_TEACHING: Final = TeachingMessage()
_FADE_S: Final = 3.0
_FADE_STEPS: Final = 12
_VIEW_TIMEOUT_S: Final = 2.0
_SHIFT_EVERY_S: Final = 60.0
_SHIFT_STEPS: Final = 12


@dataclass(frozen=True, slots=True)
class Caption:
    """A word, or a line of words, as it is shown; `opacity` falls from 1 to 0 as it fades."""

    word: str
    english: str
    is_confident: bool
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class ReplyText:
    """A reply as it is shown."""

    text: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is on the screen.

    `previous` holds the words, or lines of words, before the newest, oldest first. `shift` is the offset of everything,
    in thousandths of the screen's height. `identity` is a name that is shown instead of everything else, and so is an
    `invitation`. `teaching` takes the place of the words.
    """

    newest: Caption | None = None
    previous: tuple[Caption, ...] = ()
    status: StatusMessage = _NO_FAULT
    view: View | None = None
    identity: str | None = None
    shift: tuple[int, int] = (0, 0)
    brightness: float = 1.0
    reply: ReplyText | None = None
    invitation: Invite | None = None
    teaching: TeachingMessage | None = None


@dataclass(frozen=True, slots=True)
class CaptionState:
    """The received messages that still matter."""

    texts: tuple[Text, ...] = ()
    status: StatusMessage = _NO_FAULT
    view: View | None = None
    identify: Identify | None = None
    reply: ReplyMessage | None = None
    invite: Invite | None = None
    teaching: TeachingMessage = _NO_TEACHING

    def updated(self, message: Message) -> "CaptionState":
        """Return the state after a message."""
        match message:
            case CaptionsMessage():
                return replace(self, texts=tuple(_on_one_line(Text(*text)) for text in message.texts))
            case ReplyMessage():
                return replace(self, reply=replace(message, text=one_line(message.text, MAX_SENTENCE)))
            case StatusMessage():
                return replace(self, status=message)
            case TeachingMessage():
                word, other = _words_on_one_line(message.word), _words_on_one_line(message.looks_like)
                return replace(self, teaching=replace(message, word=word, looks_like=other))
            case View():
                return replace(self, view=message)
            case Identify():
                return replace(self, identify=replace(message, name=one_line(message.name)))
            case Invite():
                return replace(self, invite=message)
            case Clear():
                return replace(self, texts=(), reply=None)
            case _:
                return self


def scene_at(state: CaptionState, style: CaptionStyle, now: float, minute_of_day: int) -> Scene:
    """Return the scene at an instant of the monotonic clock and a minute of the wall clock's day."""
    newest, previous = state.texts[-1:], state.texts[:-1]
    if newest and opacity(now - newest[0].at, style.fade_after_s) == 0.0:
        newest, previous = (), state.texts
    view, identify, reply, teaching = state.view, state.identify, state.reply, state.teaching
    is_shown = bool(teaching.phase) and (teaching.until is None or now < teaching.until)
    return Scene(
        newest=_captions(newest, style, now, style.fade_after_s)[0] if newest else None,
        previous=_captions(previous, style, now, style.history_s),
        reply=ReplyText(reply.text, reply.partial) if reply is not None and reply.text and now < reply.until else None,
        teaching=teaching if is_shown else None,
        status=state.status,
        view=view if view is not None and now - view.at < _VIEW_TIMEOUT_S else None,
        identity=identify.name if identify is not None and now < identify.until else None,
        invitation=state.invite if state.invite is not None and now >= state.invite.begins else None,
        shift=burn_in_shift(now),
        brightness=style.night_brightness if is_within(style.night_hours, minute_of_day) else 1.0,
    )


def opacity(age_s: float, fade_after_s: float) -> float:
    """Return 1 while fresh, 0 once faded, and steps between, so that a scene changes only when it must be redrawn."""
    faded = min(1.0, max(0.0, (age_s - fade_after_s) / _FADE_S))
    return 1.0 - math.floor(faded * _FADE_STEPS) / _FADE_STEPS


def burn_in_shift(now: float) -> tuple[int, int]:
    """Return an offset on a small circle, one step a minute: no pixel shows an edge of the same letter for hours."""
    angle = math.tau * (now // _SHIFT_EVERY_S % _SHIFT_STEPS) / _SHIFT_STEPS
    return round(6 * math.cos(angle)), round(6 * math.sin(angle))


def _on_one_line(text: Text) -> Text:
    arabic, english = (one_line(one[-_MAX_CHARACTERS:], _MAX_CHARACTERS) for one in (text.arabic, text.english))
    return text._replace(arabic=arabic, english=english)


def _words_on_one_line(words: tuple[str, str]) -> tuple[str, str]:
    return one_line(words[0]), one_line(words[1])


def _captions(texts: Sequence[Text], style: CaptionStyle, now: float, fade_after_s: float) -> tuple[Caption, ...]:
    captions = (
        Caption(
            one.arabic,
            one.english,
            one.confidence >= style.confident_from,
            opacity(now - one.at, fade_after_s),
        )
        for one in texts
    )
    return tuple(caption for caption in captions if caption.opacity > 0.0)
