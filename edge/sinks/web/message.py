"""The messages between the daemon and the process that serves the live page."""

from dataclasses import dataclass, field
from typing import Final

from edge.workers.protocol import Failure, Heartbeat, Joints

MAX_EVENTS: Final = 500
"""The number of words and utterances that the server keeps for requests."""

MAX_LEARNED_BYTES: Final = 1 << 22
"""The limit for the file of what a device has learned, of about 8,000 takes; visitors go without a larger one."""

VIEW_LEVELS: Final = ("off", "skeleton", "picture")
"""The levels of the camera's view, each showing more than the one before."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of the server; see WebConfig.

    Sent first, and once, through the pipe: every user of the machine can read a process's arguments.
    """

    device: str
    version: str
    token: str | None
    origins: tuple[str, ...]
    view: str
    visitors: int
    certificate: str | None
    key: str | None
    is_setup: bool = False
    """True while the device is being set up: the token is a one-time code, and the page is `/setup`."""


@dataclass(frozen=True, slots=True)
class ActiveModel:
    """The bundle in use from now on: its title, its folder and its confidence threshold.

    `sign_count` is the number of signs that may be said. `labels` are all its signs as this device shows them, as a
    `labels.json`, if not empty, and `allowed` the numbers of those that may be said; None allows all. `learned` is the
    file of what this device has learned beside it (models/learned/head_file.py), empty if that is nothing.
    """

    title: str
    folder: str
    threshold: float
    sign_count: int
    labels: str = ""
    allowed: tuple[int, ...] | None = None
    learned: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class EventMessage:
    """A word, an utterance, or the line in progress: its type, its number and its JSON; a line has the number 0."""

    event_type: str
    seq: int
    event: str


@dataclass(frozen=True, slots=True)
class ReplyMessage:
    """A reply to the signer, shown until a time of the machine's monotonic clock; an empty text removes it."""

    text: str
    partial: bool
    until: float


@dataclass(frozen=True, slots=True)
class StateMessage:
    """The state of a part of the daemon, as JSON on one line; it replaces the one before of the same type of event.

    There are `teaching`, the teaching session, `consent`, under which takes are kept now, `setup`, what the checks of
    set-up have found, and `doctor`, the last health check.
    """

    event_type: str
    state: str


@dataclass(frozen=True, slots=True)
class Clear:
    """A request to forget the words and utterances up to this number, the line and the reply."""

    through: int


@dataclass(frozen=True, slots=True)
class HealthMessage:
    """The daemon's health as JSON."""

    health: str


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One view of the camera, and the signer in it.

    `at` is a time of the machine's monotonic clock in seconds, `aspect` the picture's height by its width; `picture` is
    a JPEG, or empty.
    """

    at: float
    aspect: float
    joints: Joints
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Ready:
    """The server accepts requests."""


@dataclass(frozen=True, slots=True)
class RequestedView:
    """The highest level that any browser watches now: picture, skeleton or off."""

    view: str


@dataclass(frozen=True, slots=True)
class CommandMessage:
    """A command in JSON that somebody with the token has sent; `number` is the one of its outcome."""

    number: int
    command: str


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """The outcome of a command: whether it was executed, and the response as JSON."""

    number: int
    ok: bool
    response: str


Message = (
    Settings | ActiveModel | EventMessage | ReplyMessage | StateMessage | Clear | HealthMessage | View | CommandOutcome
)
Answer = Ready | RequestedView | CommandMessage | Heartbeat | Failure

MESSAGE_TYPES: Final[tuple[type[Message], ...]] = (
    Settings,
    ActiveModel,
    EventMessage,
    ReplyMessage,
    StateMessage,
    Clear,
    HealthMessage,
    View,
    CommandOutcome,
)
ANSWER_TYPES: Final[tuple[type[Answer], ...]] = (Ready, RequestedView, CommandMessage, Heartbeat, Failure)
