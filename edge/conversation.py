"""Delivers words and utterances to the sinks, in the order of their numbers, whichever thread they come from."""

import threading
from collections.abc import Iterable
from typing import Final

from edge.recognition.word import Word, WordFactory
from edge.sinks.sink import Sink
from edge.utterances.builder import UtteranceBuilder
from edge.utterances.utterance import Event
from models.composition import Digits
from models.labels import Sign

REST_S: Final = 1.0
"""An utterance ends when the hands have rested for so many seconds; a shorter rest is part of it."""
MAX_SILENCE_S: Final = 6.0
"""It also ends so many seconds after its last word: hands that lie on a table may look raised for ever."""


class Conversation:
    """Collects the words of one stream to utterances and emits both to the sinks. Thread-safe.

    A word reaches the sinks before it is collected, so that nothing of the utterance can cost a word. One lock is held
    from the claim of an event's number until every sink has the event, so that sinks get numbers in ascending order.
    """

    def __init__(self, sinks: Iterable[Sink], words: WordFactory, digits: Digits = "european") -> None:
        """`words` is the recogniser's word factory, whose numbering utterances share."""
        self.sinks = [*sinks]
        """The receivers of the events, in this order; complete before the first word."""
        self._builder = UtteranceBuilder(words.next_seq, digits)
        self._lock = threading.Lock()
        self._has_spoken = False  # since the last frame
        self._spoke_at, self._active_at = 0.0, 0.0  # times of the last frames that had a word, and a hand up

    def say(self, words: Iterable[Word]) -> None:
        """Emit each word, and the line that it makes. The words may be made, and numbered, while they are iterated."""
        with self._lock:
            for word in words:
                if self._builder.is_full:
                    self._end()
                self._emit(word)
                self._emit(self._builder.add(word))
                self._has_spoken = True

    def observe_activity(self, time: float, *, is_active: bool) -> None:
        """End the utterance if the hands have rested, or said nothing, for long enough.

        To be called for every frame after its words, with the frame's time in seconds of the stream; `is_active` is
        true while a hand is raised.
        """
        with self._lock:
            if self._has_spoken:
                self._has_spoken, self._spoke_at = False, time
            if is_active or self._spoke_at == time:
                self._active_at = time
            if time - self._active_at >= REST_S or time - self._spoke_at >= MAX_SILENCE_S:
                self._end()

    def end(self) -> None:
        """End the utterance in progress: at a pause, at the end of the stream, before a screen is cleared."""
        with self._lock:
            self._end()

    def correct(self, seq: int, sign: Sign | None) -> Word | None:
        """Emit the correction of a word, and then the line or the utterance that it changes; None deletes the word.

        `seq` is the word's number as it was first said, or that of its latest correction. Return the correction; None
        if the word is not among those of the last 20 utterances and of the one in progress.
        """
        with self._lock:
            corrected = self._builder.correct(seq, sign)
            if corrected is None:
                return None
            for event in corrected:
                self._emit(event)
            return corrected[0]

    def _end(self) -> None:
        if not self._builder.is_empty and (utterance := self._builder.end()) is not None:
            self._emit(utterance)

    def _emit(self, event: Event) -> None:
        for sink in self.sinks:
            sink.emit(event)
