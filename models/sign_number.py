"""The number of a sign that nobody has numbered: it follows from the sign's word.

So one word is one sign in whatever folder it stands, and people who never heard of each other give their words
different numbers, without a list to agree on. The numbers begin far above those that people give by hand: KArSL's list
ends at 502, and releases before this one counted new signs from 1001 on.
"""

import hashlib
import unicodedata
from typing import Final

from landmarkers.errors import UserError
from landmarkers.numbers import is_number
from landmarkers.plain_text import one_line

FIRST_WORD_NUMBER: Final = 1 << 20
MAX_SIGN_NUMBER: Final = (1 << 31) - 1


class WordInvisible(UserError):
    """A word of which nothing can be seen; the message quotes it."""


def number_of_word(word: str) -> int:
    """Return the number from 2^20 to 2^31 - 1 that follows from a word: by SHA-256 of its normalised UTF-8.

    Of a thousand words two have the same number once in some four thousand vocabularies. Raises WordInvisible.
    """
    normalised = normalise_word(word)
    if not normalised:
        raise WordInvisible(f"{word!r} is no word: nothing of it can be seen")
    digest = hashlib.sha256(normalised.encode()).digest()
    return FIRST_WORD_NUMBER + int.from_bytes(digest[:8]) % (MAX_SIGN_NUMBER + 1 - FIRST_WORD_NUMBER)


def normalise_word(word: str) -> str:
    """Return the form in which words are compared; empty if nothing of the word can be seen.

    Words are equal whatever their composition and presentation forms (NFKC), spaces, invisible characters and case.
    Vowel signs and the shapes of alef distinguish Arabic words, and stay.
    """
    return unicodedata.normalize("NFKC", one_line(unicodedata.normalize("NFKC", word)).casefold())


def read_sign_range(text: str) -> range:
    """Return the numbers of signs that a text names: `77` or `1-70`. Raises ValueError whose message says why not."""
    first, dash, last = text.partition("-")
    if not is_number(first) or (dash and not is_number(last)):
        raise ValueError(f"{text} is not a list of signs like 1-70,77")
    numbers = range(int(first), int(last or first) + 1)
    if not numbers:
        raise ValueError(f"{text} ends before it begins; write the smaller number first")
    if numbers[-1] > MAX_SIGN_NUMBER:
        raise ValueError(f"{text} is out of range: no sign has a number above {MAX_SIGN_NUMBER}")
    return numbers
