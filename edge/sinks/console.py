"""Prints words on standard output, for people or, as JSON lines, for programs."""

import os
import sys

from edge.recognition.word import Word


class ConsoleSink:
    """Prints one line per word."""

    def __init__(self, *, jsonl: bool) -> None:
        self._jsonl = jsonl

    def emit(self, word: Word) -> None:
        """Print the word at once."""
        text = f"{word.word}  {word.word_en}  {word.confidence:.0%}  {word.delay_s:.2f} s"
        line = word.to_json() if self._jsonl else text
        # Encoded as UTF-8 even where a service's locale knows only ASCII.
        try:
            sys.stdout.buffer.write(f"{line}\n".encode())
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # The reader has exited; the other sinks still get words. Python would fail again on its flush at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def close(self) -> None:
        """Do nothing: no word is buffered."""
