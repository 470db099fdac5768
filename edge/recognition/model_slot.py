"""The stages that belong to one model, and the swap from one model to the next between two frames."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Self

from edge.recognition.word import WordFactory
from models.bundle import Bundle
from models.classifier import Classifier
from models.spotter import SignSpotter, Spotter
from models.vocabulary import expecting, restricted

MAX_SWAP_WAIT_S: Final = 5.0
"""A signer who makes no pause for longer has one word cut in two by the swap."""

OnSwap = Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class ModelStages:
    """Turns landmarks into words with one bundle; all three stages change together with the bundle."""

    spotter: Spotter
    classifier: Classifier
    words: WordFactory

    @classmethod
    def of(
        cls, bundle: Bundle, classifier: Classifier, words: WordFactory, allowed: Collection[int] | None = None
    ) -> Self:
        """Return the stages of a bundle whose network the classifier runs; `allowed` signs are said, all if None.

        To the spotter other signs are rare, so that it knows one where it sees one.
        """
        manifest = bundle.manifest
        spotter = SignSpotter(manifest.spotter, manifest.landmarker, expecting(classifier, allowed))
        return cls(spotter, restricted(classifier, allowed), words)


class ModelSlot:
    """Holds the current model's stages and at most one scheduled successor; a later one replaces an earlier one.

    Any thread may schedule. The pipeline's thread swaps between two frames and while no sign is in progress, so that
    no word is classified half by the old model and half by the new one.
    """

    def __init__(self, first: ModelStages) -> None:
        self.current = first
        """The stages in use; read by the pipeline's thread alone."""
        self._lock = threading.Lock()
        self._next: ModelStages | None = None
        self._on_swap: OnSwap = _do_nothing
        self._scheduled_at: float | None = None  # time of the first frame after `schedule`

    def schedule(self, stages: ModelStages, on_swap: OnSwap | None = None) -> None:
        """Use these stages soon. `on_swap` is then called on the pipeline's thread and must not block."""
        with self._lock:
            self._next, self._on_swap, self._scheduled_at = stages, on_swap or _do_nothing, None

    def should_swap(self, time: float) -> bool:
        """Return True if the scheduled stages are due before the frame of this time."""
        if self._next is None:
            return False
        with self._lock:
            self._scheduled_at = time if self._scheduled_at is None else self._scheduled_at
            return not self.current.spotter.is_active or time - self._scheduled_at >= MAX_SWAP_WAIT_S

    def swap(self) -> None:
        """Make the scheduled stages the current ones; the current spotter must have been flushed."""
        with self._lock:
            stages, on_swap, self._next = self._next, self._on_swap, None
        if stages is not None:
            self.current = stages
            on_swap()


def _do_nothing() -> None:
    """Ignore the swap."""
