"""The state of a teaching session as the device's own screen shows it."""

from typing import Final

from edge.learning.report import Phase, TeachingState
from edge.sinks.captions.message import TeachingMessage
from models.labels import Sign

_OUTCOME_S: Final = 8.0
_OUTCOMES: Final = (Phase.DONE, Phase.FAILED, Phase.CANCELLED)


def teaching_message(state: TeachingState, now: float) -> TeachingMessage:
    """Return what the screen shows; an outcome stays for some seconds. `now` is of the monotonic clock."""
    if state.phase is Phase.IDLE:
        return TeachingMessage()
    is_over = state.phase in _OUTCOMES
    is_named = not (state.calibration is not None and (is_over or state.phase is Phase.LEARNING))
    return TeachingMessage(
        phase=state.phase.value,
        word=_words(state.sign) if is_named else ("", ""),
        progress=(state.position, state.takes),
        seconds=state.seconds or 0,
        fault="" if state.fault is None else state.fault.value,
        looks_like=_words(state.looks_like),
        until=now + _OUTCOME_S if is_over else None,
    )


def _words(sign: Sign | None) -> tuple[str, str]:
    return ("", "") if sign is None else (sign.word, sign.word_en)
