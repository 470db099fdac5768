"""Reads the request in a message."""

from collections.abc import Mapping
from typing import Final, Self

from pydantic import ValidationError

from edge.requests.choices import Activate, ChooseVocabulary
from edge.requests.payloads import (
    ConsentRequest,
    Correction,
    DoctorRequest,
    LearnedRequest,
    Reply,
    SupportBundleRequest,
    Teach,
    Teaching,
)
from edge.requests.request import MAX_CHARACTERS, Command, Request, RequestRefused
from edge.requests.settings import SettingsRequest
from edge.requests.setup import SetupRequest
from landmarkers.plain_text import one_sentence
from models.strict_model import StrictModel

MAX_BYTES: Final = 8192
"""The size of a message: the longest reply has 6,000 bytes if its sender escapes every character."""
_MAX_REASON: Final = 200

WITH_PAYLOAD: Final[Mapping[str, type[Request]]] = {
    kind.name: kind
    for kind in (
        *(Reply, Correction, Teach, Teaching, LearnedRequest, ConsentRequest),
        *(SetupRequest, SettingsRequest, DoctorRequest, SupportBundleRequest),
        *(Activate, ChooseVocabulary),
    )
}

PAGE_ONLY: Final = frozenset({Command.SETUP, Command.SETTINGS, Command.SUPPORT_BUNDLE})
"""The commands that are executed for the page alone, and not for MQTT, where a whole network may publish."""


class _Envelope(Request):
    """The fields of every request, whatever else there is."""

    model_config = StrictModel.model_config | {"extra": "ignore"}

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the command and the id of a message in JSON. Raises RequestRefused."""
        try:
            envelope = cls.model_validate_json(text, strict=True)
        except ValidationError as error:
            if error.errors()[0]["type"] == "json_invalid":
                raise RequestRefused("the command is neither a bare name nor JSON") from error
            raise RequestRefused(cls.example) from error
        if len(str(envelope.id)) > MAX_CHARACTERS or len(envelope.command) > MAX_CHARACTERS:
            raise RequestRefused(f"a command's name and id may have {MAX_CHARACTERS} characters at most")
        return envelope


def read_request(message: bytes) -> Request:
    """Return the request in a message, of the model that its command has. Raises RequestRefused."""
    if len(message) > MAX_BYTES:
        raise RequestRefused(f"a command of {len(message)} bytes is too long; at most {MAX_BYTES}")
    try:
        text = message.decode().strip()
    except UnicodeDecodeError as error:
        raise RequestRefused("the command is not UTF-8") from error
    if not text.startswith(("{", "[", '"')):
        text = Request(command=text.lower()[:MAX_CHARACTERS]).model_dump_json()
    envelope = _Envelope.read(text)
    if envelope.command not in [*Command]:
        reason = f"there is no command {envelope.command!r}; there are {', '.join(Command)}"
        raise RequestRefused(reason, envelope.id)
    kind = WITH_PAYLOAD.get(envelope.command, Request)
    try:
        return kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        fault = ": ".join([*map(str, first["loc"]), first["msg"].removeprefix("Value error, ")])
        raise RequestRefused(f"{kind.example}; {one_sentence(fault, _MAX_REASON)}", envelope.id) from error
