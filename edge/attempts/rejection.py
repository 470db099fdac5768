"""Why an attempt produced no take to keep."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """The fault of an attempt."""

    TOO_LONG = "too long"
    TOO_SHORT = "too short"
    TOO_FEW_FRAMES = "too few frames"
    SHOULDERS_HIDDEN = "shoulders hidden"
    HANDS_HIDDEN = "hands hidden"
    CUT_OFF = "cut off"
    """The hand crossed the border of the image."""
    NO_REST = "no rest"
    """The hands did not come to rest before the countdown."""
    NO_HAND = "no hand"
    """No hand rose within the time."""
    UNLIKE_OTHERS = "unlike others"
    """It is unlike the takes before it of the same sign."""
    LIKE_ANOTHER = "like another"
    """It looks like another sign, and nobody wanted to keep it."""
    SKIPPED = "skipped"
    """Somebody chose to sign it again."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A fault, and the reason as a clause without a full stop, addressed to the signer."""

    fault: Fault
    reason: str
