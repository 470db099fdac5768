"""The consent by which a take of a person is kept, and what the model said of the take; both lie in its file."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final
from uuid import uuid4

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from landmarkers.plain_text import one_line
from landmarkers.text_types import Label

MAX_PERSON: Final = 40
MAX_DAYS: Final = 3650
MAX_WORDS: Final = 1000
_NAME: Final = re.compile(r"\w(?:[\w .'-]*\w)?", re.UNICODE)


def read_person(text: str) -> str:
    """Return a person's name or pseudonym on one line, composed (NFC); it also names a folder.

    Letters of every script with their marks, digits, spaces, dots, hyphens and apostrophes: so no address of electronic
    mail is one, and no path. Raises ValueError.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    unmarked = "".join(character for character in name if not unicodedata.category(character).startswith("M"))
    if len(name) > MAX_PERSON or not _NAME.fullmatch(unmarked) or unicodedata.category(name[0]).startswith("M"):
        raise ValueError(
            f"a person has a name or pseudonym of at most {MAX_PERSON} letters, digits, spaces, dots, hyphens and "
            "apostrophes"
        )
    return name


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


class Purpose(StrEnum):
    """The use to which the takes may be put."""

    DEVICE = "device"
    """They stay on the device that recorded them, and only teach it."""
    TRAINING = "training"
    """They may also be collected for the next model."""


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
