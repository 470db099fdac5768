"""Messages between the web process and the recognition worker.

Each Recognise is answered by one Recognised, in the same order. What strangers sent is in `payload` alone.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from edge.workers.protocol import Failure


class Action(StrEnum):
    """The action that the worker performs for a visitor."""

    IMAGE = "image"
    IMAGE_WITH_LANDMARKS = "image with landmarks"
    LANDMARKS = "landmarks"
    TAKE = "take"
    CONTINUE_TAKE = "continue take"
    FLUSH = "flush"


@dataclass(frozen=True, slots=True)
class LoadModel:
    """The bundle to classify with, as the first message and never again.

    None stands for its own threshold, and for all signs allowed; empty `labels` for its own. `learned` is the file of
    what the device has learned beside it, empty if that is nothing.
    """

    folder: str
    threshold: float | None
    labels: str = ""
    allowed: tuple[int, ...] | None = None
    learned: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Recognise:
    """A visitor's message, the time of its receipt on the monotonic clock, and the requested kinds of answers."""

    action: str
    visitor: int
    received_at: float
    words: bool
    joints: bool
    payload: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Forget:
    """Release the stream of a visitor who has left."""

    visitor: int


@dataclass(frozen=True, slots=True)
class ModelLoaded:
    """The bundle of this title is loaded, and the worker ready."""

    title: str


@dataclass(frozen=True, slots=True, eq=False)
class Recognised:
    """The answers to what a visitor sent.

    `has_more` is True while a take is not finished, `is_active` while a sign may be in progress, `is_refused` if the
    payload was invalid.
    """

    answers: tuple[dict[str, Any], ...]
    has_more: bool
    is_active: bool
    is_refused: bool


Message = Recognise | Forget
Reply = ModelLoaded | Recognised | Failure

MESSAGE_TYPES: Final[tuple[type[Message], ...]] = (Recognise, Forget)
REPLY_TYPES: Final[tuple[type[Reply], ...]] = (ModelLoaded, Recognised, Failure)
