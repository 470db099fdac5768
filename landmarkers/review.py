"""The decision of a person who reviewed a take before it may train a model; it lies in the take's own file."""

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from landmarkers.consent import Instant

REJECTED_SUFFIX: Final = ".take.npz.rejected"
"""Of a rejected take, so that no training finds it; the file is otherwise a take."""


class Verdict(StrEnum):
    """The decision whether a take may train a model."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Review(BaseModel):
    """A decision about a take, and the sign that it was of before; keys of another release are ignored."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    decided_at: Instant
    original_sign_id: int | None
