"""The transcript that the screen shows: the words of a conversation, or its lines, the newest as it grows."""

from collections.abc import Iterable
from typing import Any, Final

from edge.recognition.word import Word
from edge.sinks.captions.message import CaptionsMessage, Text
from edge.utterances.utterance import Event, Line, Utterance
from models.composition import compose

MAX_TEXTS: Final = 12
"""Words or lines that are kept; no screen has room for more."""
_MAX_WORDS: Final = 400  # for the English of the lines


class Transcript:
    """Collects events. Not thread-safe."""

    def __init__(self, *, of_utterances: bool) -> None:
        """Collect lines with `of_utterances`, otherwise words."""
        self._of_utterances = of_utterances
        self._words: dict[int, Word] = {}
        self._texts: dict[int, Text] = {}
        self._line: Text | None = None

    @property
    def message(self) -> CaptionsMessage:
        """The words or lines that are shown, the newest last; those that were deleted are left out."""
        texts = [*self._texts.values(), *([] if self._line is None else [self._line])]
        return CaptionsMessage(tuple(text for text in texts if text.arabic)[-MAX_TEXTS:])

    def add(self, event: Event, at: float) -> bool:
        """Add an event that was emitted at an instant; return False if what is shown stays the same."""
        match event:
            case Word() if self._of_utterances:
                self._words[event.seq if event.corrects is None else event.corrects] = event
                _limit(self._words, _MAX_WORDS)
                return False
            case Line() if self._of_utterances:
                self._line = self._text_of(event, at)
                return True
            case Utterance() if self._of_utterances:
                self._line = None if event.corrects is None else self._line
                return self._put(event, self._text_of(event, at))
            case Word():
                return self._put(event, Text(event.word, event.word_en, event.confidence, at))
        return False

    def clear(self) -> None:
        """Forget what is shown."""
        self._texts.clear()
        self._line = None

    def _put(self, event: Word | Utterance, text: Text) -> bool:
        """Add a text, or replace the one that the event corrects; return False if that is no longer kept."""
        if event.corrects is not None and event.corrects not in self._texts:
            return False
        self._texts[event.seq if event.corrects is None else event.corrects] = text
        _limit(self._texts, MAX_TEXTS)
        return True

    def _text_of(self, event: Line | Utterance, at: float) -> Text:
        words = [self._words[seq] for seq in event.words if seq in self._words]
        return Text(event.text, _english(words), 1.0, at)


def _english(words: Iterable[Word]) -> str:
    """Return the English of the words, with the numbers; what is spelled, or was typed for a word, has none."""
    return compose(word.model_copy(update={"word": word.word_en}) for word in words if _has_english(word))


def _has_english(word: Word) -> bool:
    return word.kind == "number" or (word.kind == "word" and word.word_en != word.word)


def _limit(values: dict[int, Any], count: int) -> None:
    """Remove the oldest values until so many are left."""
    while len(values) > count:
        del values[next(iter(values))]
