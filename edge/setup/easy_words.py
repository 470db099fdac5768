"""Chooses three words of the vocabulary that a newcomer can sign and the model reads well, and notes which are seen."""

import threading
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

from edge.recognition.word import Word
from edge.setup.state import TriedWord
from landmarkers.array_archive import ArrayArchive
from models.bundle import EXEMPLARS
from models.bundle_file import open_bundle_file
from models.exemplars import read_metadata
from models.labels import Sign

COUNT: Final = 3
_OTHERS: Final = 5
_MAX_BYTES: Final = 64 << 20

# Signs of KArSL that the shipped model reads best of signs of their kind, as they are, at half the size, tilted by 12
# degrees and darker (docs/cameras.md): a greeting, a hand at the mouth, and both hands before the body.
_PREFERRED: Final[tuple[tuple[int, ...], ...]] = ((290, 289, 293), (160, 161), (299, 182, 174))
"""Of each group the first sign that is known is asked for."""


def choose_words(signs: Sequence[Sign], allowed: Collection[int] | None, shown: Collection[int]) -> tuple[Sign, ...]:
    """Return three signs to ask for, or fewer of a smaller vocabulary.

    `allowed` are the numbers of those that may be said, None for all; `shown` of those whose movement can be shown.
    """
    known = {sign.sign_id: sign for sign in signs if allowed is None or sign.sign_id in allowed}
    groups = (next((known[number] for number in group if number in known), None) for group in _PREFERRED)
    preferred = [sign for sign in groups if sign is not None]
    words = [sign for sign in known.values() if not sign.is_spelling]
    others = sorted(words, key=lambda sign: sign.sign_id not in shown)
    return _distinct([*preferred, *others, *known.values()])[:COUNT]


def shown_signs(folder: Path) -> frozenset[int]:
    """Return the numbers of the signs whose movement a bundle can show; none if its exemplars cannot be read."""
    try:
        with open_bundle_file(folder / EXEMPLARS) as file:
            provenance = read_metadata(ArrayArchive(file, _MAX_BYTES)).provenance
    except (OSError, ValueError):
        return frozenset()
    return frozenset(number for number in Counter(one.sign_id for one in provenance) if number is not None)


class Trial:
    """The words that are asked for, and what was seen since; any thread may call."""

    def __init__(self, words: Iterable[Sign], shown: Collection[int]) -> None:
        self._lock = threading.Lock()
        self._words = {sign.sign_id: TriedWord(sign=sign, has_movement=sign.sign_id in shown) for sign in words}
        self._others: deque[Sign] = deque(maxlen=_OTHERS)

    @property
    def words(self) -> tuple[TriedWord, ...]:
        """The words, each with whether it was seen."""
        with self._lock:
            return tuple(self._words.values())

    @property
    def others(self) -> tuple[Sign, ...]:
        """The latest words that were not asked for, the newest first."""
        with self._lock:
            return tuple(self._others)

    def see(self, word: Word) -> None:
        """Note a word that was said; a correction says nothing about what was seen."""
        if word.corrects is not None:
            return
        with self._lock:
            tried = self._words.get(word.sign_id)
            if tried is None:
                self._others.appendleft(Sign(sign_id=word.sign_id, word=word.word, word_en=word.word_en))
                return
            confidence = max(tried.confidence or 0.0, word.confidence)
            self._words[word.sign_id] = tried.model_copy(update={"seen": True, "confidence": confidence})


def _distinct(signs: Iterable[Sign]) -> tuple[Sign, ...]:
    return tuple({sign.sign_id: sign for sign in signs}.values())
