"""Prints words on standard output, for people or, as JSON lines, for programs."""

import os
import sys

from edge.recognition.word import Word


class ConsoleSink:
    """One line a word."""

    def __init__(self, *, jsonl: bool) -> None:
        self._jsonl = jsonl

    def emit(self, word: Word) -> None:
        """Print the word at once."""
        line = (
            word.to_json()
            if self._jsonl
            else f"{word.word}  {word.word_en}  {word.confidence:.0%}  {word.delay_s:.2f} s"
        )
        # Arabic is UTF-8 also where the locale of a service knows only ASCII.
        try:
            sys.stdout.buffer.write(f"{line}\n".encode())
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Whoever read this is gone; words go on to the other sinks. Python would fail again on its flush at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def close(self) -> None:
        """There is nothing on its way."""
