"""What the daemon tells the screen's program, and what that answers.

Moments are on the machine's monotonic clock, in seconds, which all its programs share.
"""

from dataclasses import dataclass
from typing import Final

from edge.workers.protocol import Alive, Joints, Lost


@dataclass(frozen=True, slots=True)
class Said:
    """A word, and when it was said."""

    word: str
    english: str
    confidence: float
    at: float


@dataclass(frozen=True, slots=True)
class State:
    """What is wrong, by the names of Part, and whether the daemon is paused."""

    troubles: tuple[str, ...] = ()
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Clear:
    """Show no word that was said before."""


@dataclass(frozen=True, slots=True)
class Identify:
    """Show which device this is, until a moment."""

    name: str
    until: float


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the camera sees, and the signer in it.

    `aspect` is the picture's height by its width. `picture` is RGB of `size`, or empty.
    """

    at: float
    aspect: float
    joints: Joints
    size: tuple[int, int] = (0, 0)
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Ready:
    """The screen shows something, by this driver and of this size."""

    driver: str
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The word said at one moment was on the screen at another."""

    said_at: float
    at: float


Message = Said | State | Clear | Identify | View
"""What the program is told."""

Answer = Ready | Drawn | Alive | Lost
"""What it answers."""

MESSAGES: Final[tuple[type[Message], ...]] = (Said, State, Clear, Identify, View)
ANSWERS: Final[tuple[type[Answer], ...]] = (Ready, Drawn, Alive, Lost)
