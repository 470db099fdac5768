"""The signs that a teaching session asks for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from edge.corrections.corrector import find_sign
from edge.requests import CalibratedSigns, RequestRefused, Teach
from landmarkers.numbers import is_number
from models.composition import european_digits
from models.labels import Sign, SignKind

_MAX_NUMBER: Final = 10
_CALIBRATION_WORDS: Final = 10
_KINDS: Final[dict[CalibratedSigns, SignKind]] = {"letters": "letter", "numbers": "number", "words": "word"}


@dataclass(frozen=True, slots=True)
class SessionTask:
    """So many takes of each of these signs; without a calibration it is one sign."""

    signs: tuple[Sign, ...]
    takes: int
    calibration: CalibratedSigns | None = None

    @property
    def total(self) -> int:
        """Return the number of takes that the session collects."""
        return len(self.signs) * self.takes


def choose_task(request: Teach, known: Sequence[Sign], allowed: Collection[int] | None) -> SessionTask:
    """Return what a request asks for; `known` are the signs that the device knows, `allowed` those that it may say.

    Raises RequestRefused.
    """
    if request.calibrate is None:
        sign = find_sign(request.word, request.sign_id, known)
        is_new = sign.sign_id not in {one.sign_id for one in known}
        if is_new and request.word_en is not None:
            sign = sign.model_copy(update={"word_en": request.word_en})
        return SessionTask((sign,), request.takes)
    kind = _KINDS[request.calibrate]
    signs = [one for one in known if (one.kind or "word") == kind and (allowed is None or one.sign_id in allowed)]
    if kind == "number":
        signs = [one for one in signs if is_number(digits := european_digits(one.word)) and int(digits) <= _MAX_NUMBER]
    elif kind == "word":
        signs = signs[:: max(1, len(signs) // _CALIBRATION_WORDS)][:_CALIBRATION_WORDS]
    if not signs:
        raise RequestRefused(f"this device reads no {request.calibrate} to calibrate with")
    return SessionTask(tuple(signs), 1, request.calibrate)
