"""Composes the signs of an utterance to a line of text: letters are joined to words, number signs to numbers.

Letters that follow each other are one spelled word; their shapes in it are left to Unicode, which joins them when they
are drawn. Numbers follow Arabic's order of speaking: millions, thousands, hundreds, then units before tens, so that
the signs 300, 5, 20 are 325 and 5, 10 are 15. A number sign that cannot continue the number before it begins another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, Protocol

from landmarkers.numbers import is_number
from models.labels import SignKind

Digits = Literal["european", "arabic-indic"]
"""The digits of composed numbers: 0 to 9, or ٠ to ٩."""

_EUROPEAN: Final = "0123456789"
_ARABIC_INDIC: Final = "٠١٢٣٤٥٦٧٨٩"
_TO_EUROPEAN: Final = str.maketrans(_ARABIC_INDIC, _EUROPEAN)
_TO_ARABIC_INDIC: Final = str.maketrans(_EUROPEAN, _ARABIC_INDIC)
_TATWEEL: Final = "ـ"  # KArSL's sheet writes the joined form of a letter with it
_SCALES: Final = (1_000, 1_000_000)
_TEN_MILLIONS: Final = 10_000_000  # a sign of its own


class SignText(Protocol):
    """A sign of a label set, or a word event."""

    @property
    def word(self) -> str:
        """The text of the sign."""

    @property
    def kind(self) -> SignKind | None:
        """The kind of the sign; None if it is not known."""


def compose(signs: Iterable[SignText], digits: Digits = "european") -> str:
    """Return the line of text that signs make in the order in which they were signed.

    Words stand as they are. A number sign whose text is no number, such as that of a device's own label, does too.
    """
    return " ".join(text for kind, run in groupby(signs, composed_kind) for text in _texts(kind, [*run], digits))


def european_digits(text: str) -> str:
    """Return the text with the digits 0 to 9 in place of ٠ to ٩."""
    return text.translate(_TO_EUROPEAN)


def compose_numbers(values: Iterable[int]) -> list[int]:
    """Return the numbers that number signs of these values make, in the order in which they were signed."""
    numbers: list[_Number] = []
    for value in values:
        if not numbers or not numbers[-1].can_continue(value):
            numbers.append(_Number())
        numbers[-1].add(value)
    return [number.total for number in numbers]


def composed_kind(sign: SignText) -> SignKind:
    """Return the kind by which a sign is composed: a number sign whose text is no number is a word."""
    if sign.kind == "number" and not is_number(european_digits(sign.word)):
        return "word"
    return sign.kind or "word"


def _texts(kind: SignKind, signs: Sequence[SignText], digits: Digits) -> Iterable[str]:
    match kind:
        case "letter":
            return ["".join(sign.word for sign in signs).replace(_TATWEEL, "")]
        case "number":
            numbers = map(str, compose_numbers(int(european_digits(sign.word)) for sign in signs))
            return [number.translate(_TO_ARABIC_INDIC) if digits == "arabic-indic" else number for number in numbers]
        case "word":
            return [sign.word for sign in signs]


@dataclass(slots=True)
class _Number:
    """A number that is being spoken: finished thousands and millions, and the part below a thousand so far."""

    finished: int = 0
    part: int = 0
    smallest_scale: int | None = None
    """The last multiplier, which only a smaller one may follow."""
    is_empty: bool = True
    is_zero: bool = False

    @property
    def total(self) -> int:
        return self.finished + self.part

    def can_continue(self, value: int) -> bool:
        """Return True if a sign of this value may follow those so far."""
        if self.is_empty:
            return True
        if self.is_zero or value in (0, _TEN_MILLIONS):
            return False
        if value in _SCALES:
            return self.smallest_scale is None or value < self.smallest_scale
        return (value < 1_000 and not self.part % 100 and (value < 100 or not self.part)) or self._is_unit_before(value)

    def add(self, value: int) -> None:
        """Continue the number by a sign of this value."""
        self.is_zero = self.is_empty and value == 0
        self.is_empty = False
        if value in _SCALES:
            self.finished += value * (self.part or 1)
            self.part, self.smallest_scale = 0, value
        elif value == _TEN_MILLIONS:
            self.finished, self.smallest_scale = value, value
        else:
            self.part += value

    def _is_unit_before(self, value: int) -> bool:
        """Return True if the value is tens, and a unit was signed last, as in five-and-twenty."""
        return value % 10 == 0 and 10 <= value < 100 and 0 < self.part % 100 < 10
