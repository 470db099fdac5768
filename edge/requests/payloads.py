"""The requests with a payload that talk with a signer and teach the device; all their fields have bounds."""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from edge.requests.request import Command, Request
from landmarkers.consent import Person, Purpose
from landmarkers.plain_text import MAX_CHARACTERS, MAX_SENTENCE, escape, one_line
from models.sign_number import MAX_SIGN_NUMBER

_FIRST_LOOK_S: Final = 6.0
_READ_PER_S: Final = 5.0  # characters; subtitles allow three times as many, to readers who do nothing else
MAX_TAKES: Final = 10
"""Of one word in a session."""
MAX_TAKE_NAME: Final = 120
MAX_CONSENT_MINUTES: Final = 480


class Reply(Request):
    """A text that answers the signer; an empty one removes the reply that is shown."""

    name: ClassVar[Command] = Command.REPLY
    example: ClassVar[str] = f'a reply is {{"command": "reply", "text": "…"}} of at most {MAX_SENTENCE} characters'

    text: Annotated[str, Field(max_length=MAX_SENTENCE)]
    partial: bool = False
    """True while the text is typed or spoken: more of it follows."""

    @property
    def shown_for_s(self) -> float:
        """The time that somebody needs who reads slowly, and looks up first."""
        return _FIRST_LOOK_S + len(self.text) / _READ_PER_S

    @field_validator("text")
    @classmethod
    def _refuse_controls(cls, text: str) -> str:
        """Return the text on one line, empty if nothing of it can be seen."""
        return plain(text, MAX_SENTENCE)


class Correction(Request):
    """A word that somebody puts right: what it was instead, as a sign or as a text, or that it is to be deleted."""

    name: ClassVar[Command] = Command.CORRECT
    example: ClassVar[str] = (
        'a correction is {"command": "correct", "seq": 12} with "sign_id", "text" or "delete": true'
    )

    seq: Annotated[int, Field(ge=0, lt=2**63)]
    sign_id: Annotated[int, Field(ge=0, le=MAX_SIGN_NUMBER)] | None = None
    text: Annotated[str, Field(max_length=MAX_CHARACTERS)] | None = None
    delete: Literal[True] | None = None

    @field_validator("text")
    @classmethod
    def _refuse_invisible(cls, text: str | None) -> str | None:
        """Return the text on one line; JSON's null is no text."""
        return plain_word(text)

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        if [self.sign_id, self.text, self.delete].count(None) != 2:
            raise ValueError("it has exactly one of these")
        return self


CalibratedSigns = Literal["letters", "numbers", "words"]


class Teach(Request):
    """Opens a session in which a person signs one word several times, or calibrates: many known signs once each."""

    name: ClassVar[Command] = Command.TEACH
    example: ClassVar[str] = (
        'teaching begins with {"command": "teach", "person": "…"} and one of "word", "sign_id" and "calibrate"'
    )

    person: Person
    """The signer: a name or a pseudonym."""
    word: Annotated[str, Field(max_length=MAX_CHARACTERS)] | None = None
    """The word to teach; one that the model knows gets another variant."""
    word_en: Annotated[str, Field(max_length=MAX_CHARACTERS)] | None = None
    """Its English, if the word is new."""
    sign_id: Annotated[int, Field(ge=0, le=MAX_SIGN_NUMBER)] | None = None
    """The number of a sign that the device knows, instead of a word."""
    calibrate: CalibratedSigns | None = None
    """The group to calibrate with, instead of a word: all letters, all numbers 0 to 10, or ten known words."""
    takes: Annotated[int, Field(ge=1, le=MAX_TAKES)] = 3
    """The number of times that the word is signed; a calibration takes each sign once."""
    purpose: Purpose = Purpose.DEVICE
    """The use that the person has agreed to: the takes stay on this device, or may be collected for training too."""

    @field_validator("word", "word_en")
    @classmethod
    def _refuse_invisible(cls, text: str | None) -> str | None:
        """Return the text on one line."""
        return plain_word(text)

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        if [self.word, self.sign_id, self.calibrate].count(None) != 2:
            raise ValueError("it has exactly one of these")
        if self.word_en is not None and self.word is None:
            raise ValueError("word_en needs a word")
        return self


class Teaching(Request):
    """Steers the session that is open."""

    name: ClassVar[Command] = Command.TEACHING
    example: ClassVar[str] = (
        'a session is steered with {"command": "teaching", "action": "cancel"}; others are finish, keep and skip'
    )

    action: Literal["cancel", "finish", "keep", "skip"]
    """`cancel` ends it and deletes its takes; `finish` learns the takes that it has; after a doubt `keep` keeps the
    take, and `skip` has it signed again. Of a calibration `skip` leaves out the sign that is asked for."""


class LearnedRequest(Request):
    """Lists what the device has learned, shows or removes a take, or undoes the latest version."""

    name: ClassVar[Command] = Command.LEARNED
    example: ClassVar[str] = (
        'what was learned is read with {"command": "learned", "action": "list"}; others are undo, and show and remove '
        'with a "take"'
    )

    action: Literal["list", "show", "remove", "undo"]
    take: Annotated[str, Field(max_length=MAX_TAKE_NAME)] | None = None
    """The name of a take, as the list has it."""

    @model_validator(mode="after")
    def _check_take(self) -> Self:
        if (self.take is not None) != (self.action in ("show", "remove")):
            raise ValueError("show and remove need a take, and the others none")
        return self


class ConsentRequest(Request):
    """Keeps the takes of a person who has agreed, for some minutes, or ends that."""

    name: ClassVar[Command] = Command.CONSENT
    example: ClassVar[str] = (
        'a consent begins with {"command": "consent", "action": "start", "person": "…", "purpose": "device", '
        '"minutes": 30} and ends with {"command": "consent", "action": "stop"}'
    )

    action: Literal["start", "stop"]
    person: Person | None = None
    """The signer: a name or a pseudonym."""
    purpose: Purpose | None = None
    """The use that the person has agreed to: the takes stay on this device, or may be collected for training too."""
    minutes: Annotated[int, Field(ge=1, le=MAX_CONSENT_MINUTES)] | None = None

    @model_validator(mode="after")
    def _check_action(self) -> Self:
        missing = [self.person, self.purpose, self.minutes].count(None)
        if missing != (0 if self.action == "start" else 3):
            raise ValueError("start needs a person, a purpose and minutes, and stop none of them")
        return self


class DoctorRequest(Request):
    """Has the device check itself; the findings follow as they come."""

    name: ClassVar[Command] = Command.DOCTOR


class SupportBundleRequest(Request):
    """Asks for the archive of the last health check, the versions, the settings and the log."""

    name: ClassVar[Command] = Command.SUPPORT_BUNDLE


def plain(text: str, max_characters: int) -> str:
    """Return a text on one line, empty if nothing of it can be seen. Raises ValueError."""
    if escape(text) != text:
        raise ValueError("line ends, controls and signs of writing direction are refused")
    return one_line(text, max_characters)


def plain_word(text: str | None) -> str | None:
    """Return a word on one line; null stays null. Raises ValueError."""
    line = None if text is None else plain(text, MAX_CHARACTERS)
    if line == "":
        raise ValueError("nothing of it can be seen")
    return line
