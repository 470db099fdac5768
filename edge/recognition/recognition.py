"""A model at work on a stream, and how the next one takes over from it between two frames."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from edge.recognition.word import WordFactory
from models.bundle import Bundle
from models.classifier import Classifier
from models.spotter import SignSpotter, Spotter

MAX_SWAP_WAIT_S: Final = 5.0  # who signs without a rest for longer has a word cut in two


@dataclass(frozen=True, slots=True, eq=False)
class ModelPipeline:
    """What makes words of landmarks: all of it is one bundle's, and changes with the bundle."""

    spotter: Spotter
    classifier: Classifier
    words: WordFactory

    @classmethod
    def of(cls, bundle: Bundle, classifier: Classifier, writer: WordFactory) -> Self:
        """That of a bundle whose network the classifier runs."""
        return cls(SignSpotter(bundle.manifest.spotter, bundle.manifest.landmarker, classifier), classifier, writer)


class ModelSlot:
    """The recognition at work, and one place for the next one; a later one put there takes the place of an earlier.

    The next one is put there by any thread and taken up by the pipeline, between two frames and while no sign is in
    hand, so that no word is torn: its first half would be read by the old model and its second half by the new one.
    """

    def __init__(self, first: ModelPipeline) -> None:
        """`first` is at work until another is put in."""
        self.current = first
        """The recognition at work; to be looked at by the pipeline's thread alone."""
        self._lock = threading.Lock()
        self._next: ModelPipeline | None = None
        self._taken_up: Callable[[], None] = _nobody_cares
        self._asked_at: float | None = None

    def schedule(self, following: ModelPipeline, taken_up: Callable[[], None]) -> None:
        """Let this one follow soon; then `taken_up` is called, on the pipeline's thread, and must not block."""
        with self._lock:
            self._next, self._taken_up, self._asked_at = following, taken_up, None

    def should_swap(self, time: float) -> bool:
        """Whether the next one is to take over before the frame of this time."""
        if self._next is None:
            return False
        with self._lock:
            self._asked_at = time if self._asked_at is None else self._asked_at
            return not self.current.spotter.is_active or time - self._asked_at >= MAX_SWAP_WAIT_S

    def swap(self) -> None:
        """Let the next one take over; the sign in hand must be finished."""
        with self._lock:
            following, taken_up, self._next = self._next, self._taken_up, None
        if following is not None:
            self.current = following
            taken_up()


def _nobody_cares() -> None:
    """What is called when nobody wants to know."""
