"""Prints words and utterances on standard output, for people or, as JSON lines, for programs."""

import logging
import os
from typing import Final

from edge.recognition.word import Word
from edge.utterances.utterance import Event, Line, Utterance
from landmarkers.errors import UserError

log = logging.getLogger(__name__)

_STANDARD_OUTPUT: Final = 1


class ConsoleLost(UserError):
    """Standard output cannot be written, and words go nowhere else."""


class ConsoleSink:
    """Prints one line per word and utterance.

    While that fails, because a disk is full or a reader has exited, words and utterances are lost.
    """

    def __init__(self, *, jsonl: bool, is_required: bool = False) -> None:
        """With `is_required`, `emit` raises ConsoleLost instead of losing a word."""
        self._jsonl = jsonl
        self._is_required = is_required
        self._unwritten = b""
        self._is_lost = False

    def emit(self, event: Event) -> None:
        """Print the word or the utterance at once."""
        if isinstance(event, Line):
            return
        # Encoded as UTF-8 even where a service's locale knows only ASCII.
        line = f"{event.to_json() if self._jsonl else _text(event)}\n".encode(errors="replace")
        try:
            self._write(self._unwritten)
            self._write(line)
        except OSError as error:
            if self._unwritten == line:  # the rest of a line that was begun is kept, to end that line
                self._unwritten = b""
            self._report_loss(error)
            return
        if self._is_lost:
            log.warning("words are printed on standard output again")
            self._is_lost = False

    def close(self) -> None:
        """Do nothing: no word is buffered."""

    def _write(self, content: bytes) -> None:
        self._unwritten = content
        while self._unwritten:
            self._unwritten = self._unwritten[os.write(_STANDARD_OUTPUT, self._unwritten) :]

    def _report_loss(self, error: OSError) -> None:
        if self._is_required:
            sentence = f"words cannot be printed on standard output: {error.strerror}; give it a place that has room"
            raise ConsoleLost(sentence) from error
        if not self._is_lost:
            log.warning("words cannot be printed on standard output: %s; trying again at each word", error.strerror)
            self._is_lost = True


def _text(event: Word | Utterance) -> str:
    """Return the event for people: an utterance has an equals sign before its text."""
    if isinstance(event, Utterance):
        return f"= {event.text}"
    words = event.word if event.word_en == event.word else f"{event.word}  {event.word_en}"
    if event.corrects is not None:
        return f"{words or '-'}  instead of word {event.corrects}"
    return f"{words}  {event.confidence:.0%}  {event.delay_s:.2f} s"
