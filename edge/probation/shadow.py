"""Lets the old and the new model read the same stretches, as the daemon would have, without anybody hearing it."""

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from edge.probation.comparison import ModelSummary, SegmentWords, find_fault
from edge.probation.segments import RecentSegments
from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import Classifier
from models.spotter import SignSpotter

_REMEMBERED: Final = 40  # stretches; what both said before counts no more
_LOW_PRIORITY: Final = 10  # a tenth of the processor is left where others want all of it; at 19 it would be a hundredth
_NEXT_S: Final = 0.5
_LAST_READINGS_S: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class ShadowModel:
    """A bundle with what runs its network, and how sure that must be of a word."""

    bundle: Bundle
    classifier: Classifier
    threshold: float

    def recognise(self, stretch: Take, over: threading.Event) -> SegmentWords | None:
        """The words that the daemon would say of a stretch; None when it is `over` before it is read."""
        manifest = self.bundle.manifest
        spotter = SignSpotter(manifest.spotter, manifest.landmarker, self.classifier)
        takes: list[Take] = []
        for landmarks in stretch.landmarks():
            if over.is_set():
                return None
            takes += spotter.push(landmarks)
        guesses = [
            self.classifier.classify(take).above_threshold(self.threshold) for take in (*takes, *spotter.flush())
        ]
        return [guess for guess in guesses if guess is not None]


class Shadow:
    """Two readers and what they said."""

    def __init__(self, old: ShadowModel, new: ShadowModel) -> None:
        self._old = old
        self._new = new
        self._known = {sign.sign_id for sign in new.bundle.signs}
        self._said: deque[tuple[SegmentWords, SegmentWords]] = deque(maxlen=_REMEMBERED)

    @property
    def compared(self) -> int:
        """How many stretches count; this and the fault may be asked for on any thread."""
        return len(self._said)

    def compare(self, stretch: Take, over: threading.Event) -> None:
        """Let both read a stretch, unless it is `over` before.

        A stretch with a sign that the new one was never taught tells nothing about it.
        """
        old = self._old.recognise(stretch, over)
        if old is not None and all(guess.sign.sign_id in self._known for guess in old):
            new = self._new.recognise(stretch, over)
            if new is not None:
                self._said.append((old, new))

    def find_fault(self) -> str | None:
        """What is absurd about the new one, in words."""
        said = list(self._said)
        return find_fault(ModelSummary.of([old for old, _ in said]), ModelSummary.of([new for _, new in said]))


@contextmanager
def running_shadow(shadow: Shadow, stretches: RecentSegments) -> Iterator[None]:
    """While inside, let the shadow read the remembered stretches and those that come, on a thread of its own."""
    over = threading.Event()

    def cast() -> None:
        with suppress(OSError):  # a sandbox may not allow it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOW_PRIORITY)
        number, pause_s = 0, 0.0
        while not over.wait(pause_s):
            found, pause_s = stretches.next_after(number), _NEXT_S
            if found is not None:
                number, began = found[0], time.monotonic()
                shadow.compare(found[1], over)
                pause_s = time.monotonic() - began  # at most half of a core

    thread = threading.Thread(target=cast, name="shadow", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_LAST_READINGS_S)
