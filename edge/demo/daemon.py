"""The daemon as a process of the demo, whose printed events are collected while it runs."""

import subprocess
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from pydantic import TypeAdapter

from edge.recognition.word import Word
from edge.utterances.utterance import NumberedEvent, Utterance
from landmarkers.errors import UserError

_EVENT: Final[TypeAdapter[NumberedEvent]] = TypeAdapter(NumberedEvent)
_EXIT_S: Final = 5.0


class DemoFailed(UserError):
    """Something that should work does not; the message says what."""


class Daemon:
    """`ishara-edge run` with these variables."""

    def __init__(self, environment: Mapping[str, str], *, exit_at_end: bool) -> None:
        """Start it; without `exit_at_end` it reads the source again and again."""
        command = [sys.executable, "-m", "edge", "run", "--jsonl", *(["--exit-at-end"] if exit_at_end else [])]
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._changed = threading.Condition()
        self._events: list[Word | Utterance] = []
        self._errors: list[str] = []
        self._has_ended = False
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_events, self._read_errors)]
        for reader in self._readers:
            reader.start()

    def wait_for_utterances(self, count: int, timeout_s: float | None) -> None:
        """Wait until it has printed so many utterances or has ended; None for the time waits for ever."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_ended or len(self._said()) >= count, timeout_s)

    def wait_for_end(self) -> None:
        """Wait until it ends, or until Ctrl-C, which it gets as well."""
        try:
            self._process.wait()
        except KeyboardInterrupt:
            self._process.wait(_EXIT_S)
        self._check()

    @property
    def events(self) -> list[Word | Utterance]:
        """Return the words and utterances so far. Raises DemoFailed if it has ended of a fault."""
        self._check()
        with self._changed:
            return list(self._events)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _check(self) -> None:
        if self._process.poll() is None:
            return
        for reader in self._readers:
            reader.join(_EXIT_S)
        if self._process.returncode != 0:
            reason = "".join(self._errors).strip().splitlines() or ["the daemon ended without a reason"]
            raise DemoFailed(reason[-1].removeprefix("ishara-edge: "))

    def _said(self) -> list[Utterance]:
        return [event for event in self._events if isinstance(event, Utterance)]

    def _read_events(self) -> None:
        for line in self._process.stdout or ():
            with self._changed:
                self._events.append(_EVENT.validate_json(line))
                self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def _read_errors(self) -> None:
        for line in self._process.stderr or ():
            self._errors.append(line)
