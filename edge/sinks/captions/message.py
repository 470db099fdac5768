"""Messages between the daemon and the caption worker.

Instants are on the machine's monotonic clock, in seconds, which all its processes share.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from edge.workers.protocol import Failure, Heartbeat, Joints


class Text(NamedTuple):
    """A word or a line of words, and when it was emitted."""

    arabic: str
    english: str
    confidence: float
    at: float


@dataclass(frozen=True, slots=True)
class CaptionsMessage:
    """All words, or lines of words, that are shown from now on, the newest last; each has the values of a Text."""

    texts: tuple[tuple[str, str, float, float], ...]


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """The faulty components, by the names of Component, the pause of the daemon, and what keeps it from reading.

    `obstacle` is a value of Obstacle, or empty. `keeping` is true while takes of somebody are kept.
    """

    faults: tuple[str, ...] = ()
    paused: bool = False
    obstacle: str = ""
    keeping: bool = False


@dataclass(frozen=True, slots=True)
class ReplyMessage:
    """A text that answers the signer, shown until an instant; an empty one removes it."""

    text: str
    partial: bool
    until: float


@dataclass(frozen=True, slots=True)
class TeachingMessage:
    """The next action of a signer who teaches the device, shown until an instant, or until the next such message.

    `phase` is a value of Phase, empty while nobody teaches; `fault` is the value of Fault for which the last take was
    not kept, or empty. `word` and `looks_like` are words in Arabic and English, or empty; `progress` is the number of
    the take that is asked for, counted from 1, and how many there are. `seconds` are left of the countdown.
    """

    phase: str = ""
    word: tuple[str, str] = ("", "")
    progress: tuple[int, int] = (0, 0)
    seconds: int = 0
    fault: str = ""
    looks_like: tuple[str, str] = ("", "")
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Clear:
    """Removes all words and lines that were shown before, and the reply."""


@dataclass(frozen=True, slots=True)
class Identify:
    """Shows the name of this device until an instant."""

    name: str
    until: float


@dataclass(frozen=True, slots=True)
class Invite:
    """Invites people to set the device up, from an instant on; it takes the place of everything else.

    `link` is the first of the addresses with the code, for a phone's camera. `code` is grouped for reading.
    """

    urls: tuple[str, ...]
    link: str
    code: str
    fingerprint: str
    begins: float


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The camera's image and the signer in it.

    `aspect` is the image's height divided by its width. `image` is RGB of `size` (width, height), or empty.
    """

    at: float
    aspect: float
    joints: Joints
    size: tuple[int, int] = (0, 0)
    image: bytes = b""


@dataclass(frozen=True, slots=True)
class Ready:
    """Reports that the screen shows captions, by this SDL driver and of this size (width, height)."""

    driver: str
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class CaptionsDisplayed:
    """Reports when the text that was emitted at an instant was on the screen."""

    emitted_at: float
    displayed_at: float


Message = CaptionsMessage | ReplyMessage | StatusMessage | TeachingMessage | Clear | Identify | Invite | View
"""The messages of the daemon."""

Answer = Ready | CaptionsDisplayed | Heartbeat | Failure
"""The answers of the worker."""

MESSAGE_TYPES: Final[tuple[type[Message], ...]] = (
    CaptionsMessage,
    ReplyMessage,
    StatusMessage,
    TeachingMessage,
    Clear,
    Identify,
    Invite,
    View,
)
ANSWER_TYPES: Final[tuple[type[Answer], ...]] = (Ready, CaptionsDisplayed, Heartbeat, Failure)
