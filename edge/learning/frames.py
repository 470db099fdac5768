"""The landmarks of the daemon's camera, and the wishes of whoever steers the session, for the thread that teaches."""

import time
from collections.abc import Iterator
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import Final, Self

from edge.learning.collection import CollectionFinished, NobodySigns, SignSkipped
from landmarkers.frame import Landmarks

_NO_FRAME_S: Final = 15.0
_DECISION_S: Final = 120.0


class Action(StrEnum):
    """The wishes; see edge.requests.Teaching."""

    CANCEL = "cancel"
    FINISH = "finish"
    KEEP = "keep"
    SKIP = "skip"


class SessionCancelled(Exception):
    """Somebody has cancelled the session."""


class SessionFrames:
    """Passes landmarks and actions on to another thread, in their order."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Landmarks | Action] = SimpleQueue()
        self.height: float | None = None
        """Of the images, in image widths; None where there is no image."""

    def put(self, landmarks: Landmarks, height: float | None) -> None:
        """Add the landmarks of a frame."""
        self.height = height
        self._queue.put(landmarks)

    def act(self, action: Action) -> None:
        """Add an action."""
        self._queue.put(action)

    def landmarks(self) -> Iterator[Landmarks]:
        """Yield the landmarks; iterating continues after an action was raised.

        Raises SessionCancelled, CollectionFinished, SignSkipped, and NobodySigns if the camera sends no images.
        """
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Landmarks:
        while True:
            try:
                item = self._queue.get(timeout=_NO_FRAME_S)
            except Empty:
                raise NobodySigns("the camera sends no images") from None
            if isinstance(item, Landmarks):
                return item
            _raise(item)

    def decide(self) -> bool:
        """Wait for somebody to decide; return True for `keep`. Landmarks until then are dropped.

        Raises SessionCancelled, and NobodySigns if nobody decides.
        """
        until = time.monotonic() + _DECISION_S
        while True:
            try:
                item = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                raise NobodySigns("nobody decided whether the take is to be kept") from None
            if item in (Action.KEEP, Action.SKIP):
                return item is Action.KEEP
            if item is Action.CANCEL:
                raise SessionCancelled


def _raise(action: Action) -> None:
    """Raise what an action means while landmarks are awaited; `keep` is too late."""
    if action is Action.CANCEL:
        raise SessionCancelled
    if action is Action.FINISH:
        raise CollectionFinished
    if action is Action.SKIP:
        raise SignSkipped
