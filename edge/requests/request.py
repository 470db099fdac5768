"""The names of the commands, and the request of a command without a payload."""

from enum import StrEnum
from typing import ClassVar, Final

from models.strict_model import StrictModel

MAX_CHARACTERS: Final = 64
"""Of a command's name, and of its id."""


class Command(StrEnum):
    """The names of the commands."""

    PAUSE = "pause"
    RESUME = "resume"
    CLEAR = "clear"
    IDENTIFY = "identify"
    REPLY = "reply"
    CORRECT = "correct"
    TEACH = "teach"
    TEACHING = "teaching"
    LEARNED = "learned"
    CONSENT = "consent"
    SNAPSHOT = "snapshot"
    ACTIVATE = "activate"
    VOCABULARY = "vocabulary"
    SETUP = "setup"
    SETTINGS = "settings"
    DOCTOR = "doctor"
    SUPPORT_BUNDLE = "support_bundle"


class Request(StrictModel):
    """A command without a payload."""

    name: ClassVar[Command]
    """The command, in a subclass."""
    example: ClassVar[str] = 'a command in JSON is {"command": "pause"}, optionally with an "id"'
    """The right form, for whoever sent a wrong one."""

    command: str
    id: str | int | None = None


class RequestRefused(Exception):
    """A message is no request, or its request cannot be carried out; the message is one sentence for its sender."""

    def __init__(self, reason: str, request_id: str | int | None = None) -> None:
        super().__init__(reason)
        self.request_id = request_id
