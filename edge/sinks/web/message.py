"""What the daemon tells the web's program, and what that answers."""

from dataclasses import dataclass
from typing import Final

from edge.workers.protocol import Alive, Joints, Lost

MAX_WORDS: Final = 500
"""Words that can still be asked for."""

VIEW_LEVELS: Final = ("off", "skeleton", "picture")
"""What may be seen of the camera, each more than the one before."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is served, and to whom; see WebConfig. Told first, once: arguments of a program are for all to see."""

    device: str
    version: str
    token: str | None
    origins: tuple[str, ...]
    view: str
    visitors: int
    certificate: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class ActiveModel:
    """The bundle that reads from now on: its title, where it lies, how sure it must be, how many signs it knows."""

    title: str
    folder: str
    threshold: float
    sign_count: int


@dataclass(frozen=True, slots=True)
class WordMessage:
    """A word: its number, and its event as JSON."""

    seq: int
    event: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Forget the words up to this number."""

    through: int


@dataclass(frozen=True, slots=True)
class HealthMessage:
    """The daemon's health as JSON."""

    health: str


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the camera sees at a moment of the machine's monotonic clock, in seconds, and the signer in it.

    `aspect` is the picture's height by its width; `picture` is a JPEG, or empty.
    """

    at: float
    aspect: float
    joints: Joints
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Ready:
    """The page can be asked for."""


@dataclass(frozen=True, slots=True)
class RequestedView:
    """The most that anybody wants to see of the camera now: picture, skeleton or off."""

    view: str


Message = Settings | ActiveModel | WordMessage | Clear | HealthMessage | View
Answer = Ready | RequestedView | Alive | Lost

MESSAGE_TYPES: Final[tuple[type[Message], ...]] = (Settings, ActiveModel, WordMessage, Clear, HealthMessage, View)
ANSWER_TYPES: Final[tuple[type[Answer], ...]] = (Ready, RequestedView, Alive, Lost)
