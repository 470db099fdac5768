"""The sign that a person means by a word, and the number that a new word has as a sign."""

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from landmarkers.errors import UserError
from landmarkers.numbers import is_number
from models.bundle import LABELS
from models.labels import Sign, read_labels
from models.sign_number import normalise_word, number_of_word


class WordsUnclear(UserError):
    """A word is ambiguous or none, or a number unknown; the message says how to write it."""


def find_signs(words: Sequence[str], known: Sequence[Sign]) -> list[Sign]:
    """Return the sign of each word once: one of the known signs, or a new one with the number of its word.

    A word is `عربي=English`, a word in one language alone, or the number of a known sign. Raises WordsUnclear.
    """
    signs: dict[int, Sign] = {}
    for text in words:
        sign = _find(text, [*known, *signs.values()])
        signs[sign.sign_id] = sign
    return list(signs.values())


def find_numbers(folders: Sequence[Path], words: Sequence[str]) -> frozenset[int]:
    """Return the numbers of signs that words, or numbers, name, by the labels in the folders. Raises LabelsDamaged."""
    if not words:  # labels that are damaged keep nobody from being forgotten
        return frozenset()
    numbers = {int(word) for word in words if is_number(word)}
    wanted = {normalise_word(word) for word in words if not is_number(word)}
    known = [sign for folder in folders for path in sorted(folder.rglob(LABELS)) for sign in read_labels(path)]
    numbers |= {sign.sign_id for sign in known if {normalise_word(sign.word), normalise_word(sign.word_en)} & wanted}
    return frozenset(numbers | {number_of_word(word) for word in wanted})


def _find(text: str, known: Sequence[Sign]) -> Sign:
    arabic, equals, english = (_composed(part) for part in text.partition("="))
    if not normalise_word(arabic) or (equals and not normalise_word(english)):
        raise WordsUnclear(f"“{text}” is no word; write it as عربي or عربي=English")
    if not equals and is_number(arabic):
        matches = [sign for sign in known if sign.sign_id == int(arabic)]
    else:
        matches = _named(arabic, known, str, also_english=not equals) or _named(
            arabic, known, normalise_word, also_english=not equals
        )
    numbers = {sign.sign_id for sign in matches}
    if len(numbers) > 1:
        listed = ", ".join(map(str, sorted(numbers)))
        raise WordsUnclear(f"“{arabic}” is the word of the signs {listed}; name one of them by its number")
    if matches:
        sign = matches[0]
        return sign.model_copy(update={"word_en": english}) if english and not sign.is_translated else sign
    if not equals and is_number(arabic):
        raise WordsUnclear(f"“{arabic}” is no sign that the model knows; write a new word as عربي or عربي=English")
    number = number_of_word(arabic)
    other = next((sign.word for sign in known if sign.sign_id == number), None)
    if other is not None:
        raise WordsUnclear(f"“{arabic}” would get the number {number}, which “{other}” has; write it in another way")
    return Sign(sign_id=number, word=arabic, word_en=english or arabic)


def _named(word: str, known: Sequence[Sign], form: Callable[[str], str], *, also_english: bool) -> list[Sign]:
    """Return the signs with this word, compared in a form of it."""
    return [
        sign
        for sign in known
        if form(word) == form(_composed(sign.word)) or (also_english and form(word) == form(_composed(sign.word_en)))
    ]


def _composed(word: str) -> str:
    return " ".join(unicodedata.normalize("NFC", word).split())
