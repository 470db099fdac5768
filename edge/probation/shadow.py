"""Runs the old and the new model on the same segments, as the daemon would, without emitting any word."""

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from edge.probation.comparison import ModelSummary, SegmentWords, find_fault
from edge.probation.segments import RecentSegments
from edge.workers.supervised_thread import Escalation, SupervisedThread
from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import Classifier
from models.spotter import SignSpotter
from models.vocabulary import expecting, restricted

_MAX_COMPARED: Final = 40  # segments; the words of earlier ones count no more
_LOW_PRIORITY: Final = 10  # gets a tenth of a processor that others want all of; at 19 it would get a hundredth
_POLL_S: Final = 0.5
_JOIN_S: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class ShadowModel:
    """A bundle with the classifier that runs its network, the least confidence of a word, and the allowed signs."""

    bundle: Bundle
    classifier: Classifier
    threshold: float
    allowed: frozenset[int] | None = None

    def recognise(self, segment: Take, cancelled: threading.Event) -> SegmentWords | None:
        """Return the words that the daemon would emit for a segment; None if it is cancelled meanwhile."""
        manifest, classifier = self.bundle.manifest, restricted(self.classifier, self.allowed)
        spotter = SignSpotter(manifest.spotter, manifest.landmarker, expecting(self.classifier, self.allowed))
        takes: list[Take] = []
        for landmarks in segment.landmarks():
            if cancelled.is_set():
                return None
            takes += spotter.push(landmarks)
        candidates = [classifier.classify(take).above_threshold(self.threshold) for take in (*takes, *spotter.flush())]
        return [candidate for candidate in candidates if candidate is not None]


class Shadow:
    """Two models and the words that they recognised in the same segments."""

    def __init__(self, old: ShadowModel, new: ShadowModel) -> None:
        self._old = old
        self._new = new
        self._known = {sign.sign_id for sign in new.bundle.signs}
        self._words: deque[tuple[SegmentWords, SegmentWords]] = deque(maxlen=_MAX_COMPARED)
        self._number = 0  # of the latest segment

    @property
    def compared(self) -> int:
        """Return the number of segments that count. May be read on any thread, as may the fault."""
        return len(self._words)

    def compare_next(self, segments: RecentSegments, cancelled: threading.Event) -> bool:
        """Compare the segment after the latest one; return False if there is none yet."""
        found = segments.next_after(self._number)
        if found is None:
            return False
        self._number = found[0]  # before it is compared: one that fails is not compared again
        self.compare(found[1], cancelled)
        return True

    def compare(self, segment: Take, cancelled: threading.Event) -> None:
        """Run both models on a segment, unless it is cancelled before.

        A segment with a sign that the new model was never trained on is no evidence about it and does not count.
        """
        old = self._old.recognise(segment, cancelled)
        if old is not None and all(candidate.sign.sign_id in self._known for candidate in old):
            new = self._new.recognise(segment, cancelled)
            if new is not None:
                self._words.append((old, new))

    def find_fault(self) -> str | None:
        """Return what is absurd about the new model as a sentence; None without a fault."""
        words = list(self._words)
        return find_fault(ModelSummary.of([old for old, _ in words]), ModelSummary.of([new for _, new in words]))


@contextmanager
def running_shadow(shadow: Shadow, segments: RecentSegments, escalation: Escalation) -> Iterator[None]:
    """Compare the stored segments and those that follow, on a thread of its own while inside the context."""
    cancelled = threading.Event()
    run = partial(_compare_all, shadow, segments, cancelled)
    thread = SupervisedThread("the comparison of models", run, escalation)
    thread.start()
    try:
        yield
    finally:
        cancelled.set()
        thread.close(_JOIN_S)


def _compare_all(shadow: Shadow, segments: RecentSegments, cancelled: threading.Event) -> None:
    with suppress(OSError):  # a sandbox may not allow it
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOW_PRIORITY)
    pause_s = 0.0
    while not cancelled.wait(pause_s):
        began = time.monotonic()
        is_compared = shadow.compare_next(segments, cancelled)
        pause_s = time.monotonic() - began if is_compared else _POLL_S  # at most half of a core
