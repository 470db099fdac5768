"""The consent by which a take of a person is kept, and what the model said of the take; both lie in its file."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from uuid import uuid4

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from landmarkers.person import MAX_PERSON, Purpose, read_person
from landmarkers.plain_text import one_line
from landmarkers.text_types import Label

__all__ = ["Consent", "Days", "Instant", "Person", "Purpose", "Said", "Words"]

MAX_DAYS: Final = 3650
MAX_WORDS: Final = 1000


def _on_one_line(text: str) -> str:
    line = one_line(text, MAX_WORDS)
    if not line:
        raise ValueError("nothing of it can be seen")
    return line


Person = Annotated[str, StringConstraints(max_length=4 * MAX_PERSON), AfterValidator(read_person)]
Days = Annotated[int, Field(ge=1, le=MAX_DAYS)]
Words = Annotated[str, StringConstraints(max_length=MAX_WORDS), AfterValidator(_on_one_line)]
"""The text by which somebody is asked."""


Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    AfterValidator(lambda time: time.astimezone(UTC)),
]


class Consent(BaseModel):
    """Somebody's agreement to the keeping of takes; keys of another release are ignored."""

    model_config = ConfigDict(frozen=True)

    consent_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = Field(
        default_factory=lambda: uuid4().hex
    )
    person: Person
    asked_by: Label
    asked_at: Instant
    purpose: Purpose
    words: Words
    days: Days

    @property
    def expires_at(self) -> datetime:
        """Return when the takes are to be deleted."""
        return self.asked_at + timedelta(days=self.days)


class Said(BaseModel):
    """The word that a model said of a take; keys of another release are ignored."""

    model_config = ConfigDict(frozen=True)

    sign_id: Annotated[int, Field(ge=0)]
    word: Label
    confidence: Annotated[float, Field(ge=0.0, le=1.0)]
    model: Label
