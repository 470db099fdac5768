"""Collects words to utterances, and composes an utterance anew when one of its words is corrected."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from edge.recognition.word import Word
from edge.utterances.utterance import Event, Line, Utterance
from models.composition import Digits, compose
from models.karsl import review
from models.labels import Sign

MAX_WORDS: Final = 100
"""An utterance ends with this many words, whatever the hands do."""
_MAX_REMEMBERED: Final = 20  # utterances whose words can be corrected


@dataclass(slots=True)
class _Draft:
    """The words of an utterance as they are now, each by its number as it was first said, and its own number."""

    words: dict[int, Word] = field(default_factory=dict)
    seq: int | None = None
    """None while the utterance is in progress."""

    def first_seq(self, seq: int) -> int | None:
        """Return the number of a word as it was first said; `seq` is that one, or that of its latest correction."""
        return next((first for first, word in self.words.items() if seq in (first, word.seq)), None)


class UtteranceBuilder:
    """Holds the utterance in progress and the last ones. Not thread-safe: Conversation has the lock."""

    def __init__(self, next_seq: Callable[[], int], digits: Digits = "european") -> None:
        """`next_seq` numbers utterances and corrections; `digits` are those of composed numbers."""
        self._next_seq = next_seq
        self._digits = digits
        self._current = _Draft()
        self._last: deque[_Draft] = deque(maxlen=_MAX_REMEMBERED)

    @property
    def is_empty(self) -> bool:
        """True if no word was said since the last utterance ended."""
        return not self._current.words

    @property
    def is_full(self) -> bool:
        """True if the utterance in progress must end before another word."""
        return len(self._current.words) >= MAX_WORDS

    def add(self, word: Word) -> Line:
        """Add a word to the utterance in progress, and return the line."""
        self._current.words[word.seq] = word
        return self._line()

    def end(self) -> Utterance | None:
        """End the utterance in progress and return it; None if none of its words is left."""
        draft, self._current = self._current, _Draft()
        if not _shown(draft):
            return None
        draft.seq = self._next_seq()
        self._last.append(draft)
        return self._utterance(draft, draft.seq)

    def correct(self, seq: int, sign: Sign | None) -> tuple[Word, Event] | None:
        """Replace a recent word by another sign, or delete it if that is None.

        `seq` is the word's number as it was first said, or that of its latest correction.
        Return the correction and the line or the utterance that it changes; None if no recent word has this number.
        """
        for draft in (self._current, *self._last):
            first = draft.first_seq(seq)
            if first is not None:
                draft.words[first] = correction = _corrected(draft.words[first], first, sign, self._next_seq())
                is_current = draft.seq is None
                return correction, self._line() if is_current else self._utterance(draft, self._next_seq())
        return None

    def _line(self) -> Line:
        return Line(text=self._text(self._current), words=_shown(self._current))

    def _utterance(self, draft: _Draft, seq: int) -> Utterance:
        words = [*draft.words.values()]
        return Utterance(
            seq=seq,
            text=self._text(draft),
            words=_shown(draft),
            started_at=words[0].started_at,
            ended_at=words[-1].ended_at,
            model=words[-1].model,
            device=words[-1].device,
            corrects=None if seq == draft.seq else draft.seq,
        )

    def _text(self, draft: _Draft) -> str:
        return compose((word for word in draft.words.values() if word.word), self._digits)


def _shown(draft: _Draft) -> tuple[int, ...]:
    """Return the numbers of the words that are not deleted, as they were first said."""
    return tuple(first for first, word in draft.words.items() if word.word)


def _corrected(word: Word, first_seq: int, sign: Sign | None, seq: int) -> Word:
    """Return the correction of a word: certain, dated now, with the alternatives of the word that it corrects."""
    changes = {"seq": seq, "corrects": first_seq, "confidence": 1.0, "emitted_at": datetime.now(UTC), "late": False}
    if sign is None:
        return word.model_copy(update={**changes, "word": "", "word_en": ""})
    kind = review(sign).kind or word.kind
    return word.model_copy(
        update={**changes, "sign_id": sign.sign_id, "word": sign.word, "word_en": sign.word_en, "kind": kind}
    )
