"""The content of a page about teaching: the state of the session, sent at each change, and all that was learned."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from edge.attempts.rejection import Fault
from edge.learned.versions import What
from edge.requests import CalibratedSigns
from landmarkers.consent import Said
from models.labels import Sign
from models.strict_model import StrictModel


class Phase(StrEnum):
    """The next action of the signer."""

    IDLE = "idle"
    """Nothing: no session is open."""
    REST = "rest"
    """Rest the hands: the countdown begins once they rest."""
    COUNTDOWN = "countdown"
    """Wait: `seconds` are left."""
    SIGN = "sign"
    """Sign now, and rest the hands afterwards."""
    DOUBT = "doubt"
    """Choose: the take is good, but looks like another sign (`looks_like`). `keep`, `skip` or `cancel` decides."""
    LEARNING = "learning"
    """Wait: all takes are there, and the device learns them. The session cannot be cancelled any more."""
    DONE = "done"
    """Nothing: the device reads the sign now. Another session may be opened."""
    FAILED = "failed"
    """Nothing: the session has ended and nothing was learned; `why` says so in one English sentence."""
    CANCELLED = "cancelled"
    """Nothing: somebody has cancelled the session, and its takes are deleted."""


class TeachingState(StrictModel):
    """The state of teaching: the event `teaching` of `/api/events` whenever it changes."""

    phase: Phase = Phase.IDLE
    person: str | None = None
    """The signer; None while no session is open."""
    calibration: CalibratedSigns | None = None
    """The group whose signs are asked for one after another; None if one word is taught."""
    sign: Sign | None = None
    """The sign to make now, or that was made last."""
    is_own: bool = False
    """True if the model does not know the sign, and this device alone will."""
    position: int = 0
    """Which of the session's `takes` is asked for, counted from 1."""
    takes: int = 0
    """The number of takes that the session collects."""
    kept: int = 0
    """The number of takes that it has."""
    seconds: int | None = None
    """Seconds that are left of the countdown."""
    fault: Fault | None = None
    """Why the last take was not kept; None if it was."""
    looks_like: Sign | None = None
    """In a doubt, the sign that the take looks like."""
    why: str | None = None
    """Why the session failed, or why nobody can teach here, in one English sentence."""
    is_available: bool = True
    """False if nobody can teach here, and `why` says why."""
    version: int | None = None
    """The version of what the device has learned, which is in use; None if it has learned nothing.

    A page reads the list (`learned list`) again when this has changed.
    """

    def to_json(self) -> str:
        """Return the state on one line."""
        return self.model_dump_json()


class LearnedTake(StrictModel):
    """One take that the device has learned from."""

    take: str
    """Its name, by which `learned show` and `learned remove` know it."""
    person: str | None
    at: AwareDatetime
    """The time at which it was saved."""
    seconds: float
    said: Said | None = None
    """The answer of the model, if the take is that of a corrected word."""


class LearnedSign(StrictModel):
    """A sign that the device has learned, with its takes, the newest first."""

    sign: Sign
    is_own: bool
    """True if the model does not know the sign."""
    takes: tuple[LearnedTake, ...]


class LearnedVersion(StrictModel):
    """One version of what was learned."""

    version: int
    at: AwareDatetime
    what: What
    """The change that made it of the one before."""
    sign: Sign | None = None
    """Which sign was taught, or what a word was corrected to."""
    person: str | None = None


class Learned(StrictModel):
    """All that the device has learned: the `content` of the response to `learned list`."""

    version: int | None
    """None if nothing."""
    signs: tuple[LearnedSign, ...]
    history: Annotated[tuple[LearnedVersion, ...], Field(max_length=10)]
    """The latest versions, the newest first; `learned undo` returns to the second of them."""
