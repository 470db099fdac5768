"""The commands that choose what the device uses, among what its operator has installed and configured."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from edge.requests.request import Command, Request

_MAX_MODEL: Final = 255  # of a folder's name
_MAX_VOCABULARY: Final = 63


class Activate(Request):
    """Makes an installed bundle the active model."""

    name: ClassVar[Command] = Command.ACTIVATE
    example: ClassVar[str] = 'a model is chosen with {"command": "activate", "model": "…"}, named as `models list` does'

    model: Annotated[str, Field(min_length=1, max_length=_MAX_MODEL)]


class ChooseVocabulary(Request):
    """Has the device say the signs of one of its configured vocabularies alone."""

    name: ClassVar[Command] = Command.VOCABULARY
    example: ClassVar[str] = 'a vocabulary is chosen with {"command": "vocabulary", "vocabulary": "…"}'

    vocabulary: Annotated[str, Field(min_length=1, max_length=_MAX_VOCABULARY)]
