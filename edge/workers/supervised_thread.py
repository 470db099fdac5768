"""A thread that does not die unnoticed of what nobody foresaw.

What is foreseen, such as a lost broker, is handled where it arises. Everything else ends here: its trace is logged, the
thread's component is reported unhealthy, and its function runs again after a pause. After several failures in a row
only a fresh start of the daemon may help.
"""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.workers.backoff import Backoff
from landmarkers.plain_text import one_sentence

log = logging.getLogger(__name__)

MAX_FAILURES: Final = 5
_STABLE_AFTER_S: Final = 30.0
_MAX_CHARACTERS: Final = 200  # of the error in a sentence; its trace, in the log, is whole


@dataclass(frozen=True, slots=True)
class Escalation:
    """Functions that receive what goes wrong; any thread may call them, and they must not raise."""

    report: Callable[[str, str | None], None]
    """Receives the thread's name with its fault as a sentence, or with None once it has run without one for a while."""
    give_up: Callable[[str], None] | None
    """Ends the daemon for this reason; None if the daemon had better continue without the thread's work."""


class SupervisedThread:
    """Calls a function on a daemon thread until the function returns."""

    def __init__(
        self, name: str, run: Callable[[], None], escalation: Escalation, *, backoff: Backoff | None = None
    ) -> None:
        """`run` must be able to start afresh after it has raised. `name` is the subject of sentences about it."""
        self._name = name
        self._run = run
        self._escalation = escalation
        self._backoff = backoff or Backoff(first_s=1.0, longest_s=30.0, stable_after_s=_STABLE_AFTER_S)
        self._closing = threading.Event()
        # A daemon thread: what hangs in a driver or in the network must not keep the program from exiting.
        self._thread = threading.Thread(target=self._supervise, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        """Return True while the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, timeout_s: float | None = None) -> bool:
        """Start the function no more and wait for it, which must have been asked to return; return True if it has."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _supervise(self) -> None:
        began = time.monotonic()
        while (error := self._run_once()) is not None and not self._closing.is_set():
            delay_s = self._backoff.delay_s(time.monotonic() - began)
            sentence = describe(error)
            if self._backoff.attempts >= MAX_FAILURES and self._escalation.give_up is not None:
                self._escalation.give_up(f"{self._name} failed {MAX_FAILURES} times in a row: {sentence}")
                return
            self._escalation.report(self._name, f"{self._name} failed unexpectedly: {sentence}; it is started again")
            if self._closing.wait(delay_s):
                return
            began = time.monotonic()

    def _run_once(self) -> BaseException | None:
        """Return what the function raised; None if it has returned."""
        error = catch_unforeseen(self._name, self._run_and_report_stability)
        if error is None:
            self._escalation.report(self._name, None)
        return error

    def _run_and_report_stability(self) -> None:
        """Report that the thread works again once the function has run for a while, if it has failed before."""
        if self._backoff.attempts == 0:
            self._run()
            return
        stable_after_s = min(self._backoff.stable_after_s, threading.TIMEOUT_MAX)
        timer = threading.Timer(stable_after_s, self._escalation.report, (self._name, None))
        timer.daemon = True
        timer.start()
        try:
            self._run()
        finally:
            timer.cancel()
            timer.join()  # so that no fault that follows is overwritten


def catch_unforeseen(name: str, run: Callable[[], None]) -> BaseException | None:
    """Return what a function raised, after its trace is logged; None if it has returned. `name` is the log's subject.

    For the outermost loop of a thread, and wherever one part of the daemon must not fail of another.
    """
    try:
        run()
    except BaseException as error:  # the one place that catches what nobody foresaw, a library's SystemExit too
        log.exception("%s failed unexpectedly", name)
        return error
    return None


def describe(error: BaseException) -> str:
    """Return kind and message of an error, on one line."""
    return one_sentence(traceback.format_exception_only(error)[-1], _MAX_CHARACTERS)
