"""The signs that a model recognises, with their words in Arabic and English."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, FailFast, Field, TypeAdapter

from landmarkers.errors import UserError
from landmarkers.parsing import describe, read_limited
from landmarkers.text_types import Label
from models.sign_number import MAX_SIGN_NUMBER
from models.stored_model import StoredModel

SignKind = Literal["word", "letter", "number"]
SIGN_KINDS: Final[tuple[SignKind, ...]] = get_args(SignKind)
SPELLING_KINDS: Final[tuple[SignKind, ...]] = ("letter", "number")
"""Signs that are short, often held still, and made one after another with the hand up."""


def _known_kind(value: Any) -> Any:
    """Return None for the kind of a later release: the sign can be used without it."""
    return value if value in SIGN_KINDS else None


class Sign(StoredModel):
    """One sign: its number, its word in Arabic and English and, where it is known, what kind of sign it is.

    A word that is known in one language alone stands in both fields, as a number does, and is shown once.
    """

    sign_id: Annotated[int, Field(ge=0, le=MAX_SIGN_NUMBER)]
    word: Label
    word_en: Label
    kind: Annotated[SignKind | None, BeforeValidator(_known_kind)] = None

    @property
    def is_translated(self) -> bool:
        """True if the sign has a word in each language."""
        return self.word_en != self.word

    @property
    def is_spelling(self) -> bool:
        """True for a letter or a number sign, of which names and numbers are made."""
        return self.kind in SPELLING_KINDS

    @property
    def full_word(self) -> str:
        """The word, and its English in brackets if there is one."""
        return f"{self.word} ({self.word_en})" if self.is_translated else self.word


class LabelsDamaged(UserError):
    """A labels file that cannot be used; the message names it."""


_SIGNS = TypeAdapter(Annotated[tuple[Sign, ...], FailFast()])


def read_labels(path: Path) -> tuple[Sign, ...]:
    """Read the signs of a `labels.json`, in the order of the model's outputs. Raises LabelsDamaged."""
    try:
        content = read_limited(path)
    except (OSError, ValueError) as error:
        raise LabelsDamaged(f"{path} is not a list of signs: {describe(error)}") from error
    return parse_labels(path, content)


def parse_labels(path: Path, content: bytes) -> tuple[Sign, ...]:
    """Return the signs of a `labels.json` of this content; `path` names it. Raises LabelsDamaged."""
    try:
        signs = _SIGNS.validate_json(content)
    except ValueError as error:
        raise LabelsDamaged(f"{path} is not a list of signs: {describe(error)}") from error
    if not signs or len({sign.sign_id for sign in signs}) < len(signs):
        raise LabelsDamaged(f"{path} names no sign, or one sign twice")
    return signs


def labels_json(signs: tuple[Sign, ...]) -> bytes:
    """Return the content of a `labels.json`; a kind that is not known is left out."""
    return _SIGNS.dump_json(signs, indent=1, exclude_none=True) + b"\n"
