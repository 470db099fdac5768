"""The words to record, and the number that each of them has as a sign."""

import itertools
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge.config.text_file import read_text_file
from landmarkers.errors import UserError
from landmarkers.parsing import is_number
from models.labels import Sign

FIRST_NEW_SIGN: Final = 1001  # KArSL's own list ends at 502


class WordsUnclear(UserError):
    """A word is ambiguous, unknown or without English; the message says how to write it."""


def read_words(path: Path) -> list[str]:
    """Read the words of a file, one a line, without empty lines and those that begin with #. Raises WordsUnclear."""
    try:
        lines = [line.strip() for line in read_text_file(path).splitlines()]
    except OSError as error:
        raise WordsUnclear(f"the words {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise WordsUnclear(f"the words {path} cannot be read: {error}") from error
    words = [line for line in lines if line and not line.startswith("#")]
    if not words:
        raise WordsUnclear(f"{path} holds no words; write one a line, as عربي=English")
    return words


def find_signs(words: Sequence[str], known: Sequence[Sign]) -> list[Sign]:
    """Return the sign of each word once: one of the known signs, or a new one with a number of its own.

    A word is `عربي=English`, or, of a known sign, its number or its word in either language. Raises WordsUnclear.
    """
    signs: dict[int, Sign] = {}
    for text in words:
        sign = _find(text, [*known, *signs.values()])
        signs[sign.sign_id] = sign
    return list(signs.values())


def normalise(word: str) -> str:
    """Return a word in the form in which words are compared: composed (NFC), with single spaces."""
    return " ".join(unicodedata.normalize("NFC", word).split())


def _find(text: str, known: Sequence[Sign]) -> Sign:
    arabic, equals, english = (normalise(part) for part in text.partition("="))
    if not arabic or (equals and not english):
        raise WordsUnclear(f"“{text}” is no word; write it as عربي=English")
    if not equals and is_number(arabic):
        matches = [sign for sign in known if sign.sign_id == int(arabic)]
    else:
        matches = [
            sign
            for sign in known
            if normalise(sign.word) == arabic or (not equals and normalise(sign.word_en) == arabic)
        ]
    numbers = {sign.sign_id for sign in matches}
    if len(numbers) > 1:
        listed = ", ".join(map(str, sorted(numbers)))
        raise WordsUnclear(f"“{arabic}” is the word of the signs {listed}; name one of them by its number")
    if matches:
        return matches[0]
    if not equals:
        raise WordsUnclear(f"“{arabic}” is no sign that the model knows; write a new word as عربي=English")
    used = {sign.sign_id for sign in known}
    free = next(number for number in itertools.count(FIRST_NEW_SIGN) if number not in used)
    return Sign(sign_id=free, word=arabic, word_en=english)
