"""Carries out the command `correct`: finds the right sign, and has the word replaced in the conversation."""

from collections.abc import Sequence

from edge.consent.kept_takes import KeptTakes
from edge.conversation import Conversation
from edge.requests import Correction, RequestRefused
from landmarkers.numbers import is_number
from models.composition import european_digits
from models.labels import Sign, SignKind
from models.sign_number import WordInvisible, normalise_word, number_of_word


class Corrector:
    """Corrects the words of one conversation; any thread may call."""

    def __init__(self, conversation: Conversation, signs: Sequence[Sign], kept: KeptTakes | None) -> None:
        """`signs` are those that the model knows; `kept` keeps the takes of words, if any are kept."""
        self._conversation = conversation
        self._kept = kept
        self._signs = signs

    def use_signs(self, signs: Sequence[Sign]) -> None:
        """Choose among the signs of another model from now on."""
        self._signs = signs

    def correct(self, request: Correction) -> None:
        """Replace or delete a word. Raises RequestRefused."""
        sign = None if request.delete else find_sign(request.text, request.sign_id, self._signs)
        correction = self._conversation.correct(request.seq, sign)
        if correction is None:
            raise RequestRefused(f"word {request.seq} is unknown, or too old to be corrected")
        if self._kept is not None and correction.corrects is not None:
            self._kept.correct(correction.corrects, sign)


def find_sign(text: str | None, sign_id: int | None, signs: Sequence[Sign]) -> Sign:
    """Return the sign of a text or, without one, of a number.

    A text that is no sign's word gets the number of its word, as `ishara-edge record` gives it. Raises RequestRefused.
    """
    if text is None:
        found = (sign for sign in signs if sign.sign_id == sign_id)
        sign = next(found, None)
        if sign is None:
            raise RequestRefused(f"the model knows no sign {sign_id}")
        return sign
    wanted = _compared(text)
    for sign in signs:
        if wanted in (_compared(sign.word), _compared(sign.word_en)):
            return sign
    try:
        number, kind = number_of_word(text), _kind_of(text)
    except WordInvisible as error:
        raise RequestRefused(str(error)) from error
    return Sign(sign_id=number, word=text, word_en=text, kind=kind)


def _compared(text: str) -> str:
    return normalise_word(european_digits(text))


def _kind_of(text: str) -> SignKind:
    """Return what a text is in the line: a letter joins letters, a number joins numbers; 007 stays as it was typed."""
    digits = european_digits(text)
    if is_number(digits) and str(int(digits)) == digits:
        return "number"
    return "letter" if len(text) == 1 and text.isalpha() else "word"
