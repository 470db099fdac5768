"""The signs that a model recognises, with their words in Arabic and English."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, FailFast, Field, TypeAdapter

from landmarkers.errors import UserError
from landmarkers.parsing import describe, read_limited
from landmarkers.text_types import Label
from models.sign_number import MAX_SIGN_NUMBER, normalise_word
from models.stored_model import StoredModel

SignKind = Literal["word", "letter", "number"]
SIGN_KINDS: Final[tuple[SignKind, ...]] = get_args(SignKind)


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
    def full_word(self) -> str:
        """The word, and its English in brackets if there is one."""
        return f"{self.word} ({self.word_en})" if self.is_translated else self.word


class LabelsDiffer(UserError):
    """A number with two words; the message names them with their two sources, of which `second` came later."""

    def __init__(self, message: str, sign_id: int, first: str, second: str) -> None:
        super().__init__(message)
        self.sign_id = sign_id
        self.first = first
        self.second = second


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


def join_signs(sources: Iterable[tuple[str, Sequence[Sign]]]) -> dict[int, Sign]:
    """Return the signs of several sources, each with its name, by number.

    Of two entries the last one with words in both languages and the last kind are kept. Raises LabelsDiffer if a number
    has two words.
    """
    joined: dict[int, tuple[str, Sign]] = {}
    for name, signs in sources:
        for sign in signs:
            first_name, first = joined.setdefault(sign.sign_id, (name, sign))
            if not have_one_word(first, sign):
                words = f"“{first.word}” in {first_name} and “{sign.word}” in {name}"
                raise LabelsDiffer(f"sign {sign.sign_id} is {words}", sign.sign_id, first_name, name)
            kept = sign if sign.is_translated else first
            joined[sign.sign_id] = name, kept.model_copy(update={"kind": sign.kind or first.kind})
    return {sign_id: sign for sign_id, (_, sign) in sorted(joined.items())}


def have_one_word(one: Sign, other: Sign) -> bool:
    """Return True if two signs have the same word; one in a single language may be either word of the other."""
    word, other_word = normalise_word(one.word), normalise_word(other.word)
    return (
        word == other_word
        or (not one.is_translated and word == normalise_word(other.word_en))
        or (not other.is_translated and other_word == normalise_word(one.word_en))
    )
