"""The stage that turns a stream of landmarks into words."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

from edge.recognition.model_slot import ModelSlot, ModelStages, OnSwap
from edge.recognition.word import Word, WordFactory
from landmarkers.frame import Landmarks
from landmarkers.take import Take

StageTimer = Callable[[str], AbstractContextManager[None]]
"""Times what is done inside the context as one run of the named stage."""
OnTake = Callable[[Word, Take], None]
"""Receives a word and the take that it was recognised in."""


class Recogniser:
    """Spots signs in the landmarks of one stream, classifies them and makes words of them.

    For each frame `start_frame` is called when the frame arrives, then `push` with its landmarks, or `reset` while
    recognition is paused. All methods but `schedule` belong to the pipeline's thread.
    """

    def __init__(self, stages: ModelStages, timed: StageTimer | None = None, on_take: OnTake | None = None) -> None:
        """Start with the stages of one model; `timed` measures the stages `spotter` and `classifier`.

        `on_take` is called before its word is yielded.
        """
        self._slot = ModelSlot(stages)
        self._timed = timed or _untimed
        self._on_take = on_take
        self._newest = 0.0  # time of the newest landmarks, in seconds of the stream

    @property
    def is_active(self) -> bool:
        """Return True if a hand is raised, so that a sign may be in progress."""
        return self._slot.current.spotter.is_active

    @property
    def words(self) -> WordFactory:
        """Return the current model's word factory."""
        return self._slot.current.words

    def schedule(self, stages: ModelStages, on_swap: OnSwap | None = None) -> None:
        """Swap to another model's stages between two frames, while no sign is in progress or after a few seconds.

        May be called on any thread. `on_swap` is called on the pipeline's thread and must not block.
        """
        self._slot.schedule(stages, on_swap)

    def start_frame(self, time: float) -> Iterator[Word]:
        """Set the stream's clock by a frame that has just arrived; `time` is in seconds of the stream.

        A scheduled model takes over here if it is due. Yield the word of the sign that the old model finishes.
        """
        if self._slot.should_swap(time):
            yield from self.flush()
            self._slot.swap()
        self._slot.current.words.clock.tick(time)

    def push(self, landmarks: Landmarks) -> Iterator[Word]:
        """Yield the words of the signs that end with this frame."""
        self._newest = landmarks.time
        with self._timed("spotter"):
            takes = list(self._slot.current.spotter.push(landmarks))
        yield from self._classify(takes)

    def flush(self) -> Iterator[Word]:
        """Finish the sign in progress, if there is one, and yield its word."""
        return self._classify(self._slot.current.spotter.flush())

    def reset(self) -> None:
        """Discard the sign in progress."""
        deque(self._slot.current.spotter.flush(), maxlen=0)

    def _classify(self, takes: Iterable[Take]) -> Iterator[Word]:
        stages = self._slot.current
        for take in takes:
            with self._timed("classifier"):
                prediction = stages.classifier.classify(take)
            word = stages.words.create(take, prediction, self._newest)
            if word is None:
                continue
            if self._on_take is not None:
                self._on_take(word, take)
            yield word


def _untimed(_stage: str) -> AbstractContextManager[None]:
    return nullcontext()
