"""The sections `[labels]` and `[vocabulary]`: how the model's signs are shown, and which of them are said."""

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from edge.config.section import Section, split_at_commas
from models.labels import SignKind
from models.sign_number import read_sign_range


def write_ranges(value: Any) -> Any:
    """Write the numbers of a list as ranges are written."""
    value = split_at_commas(value)
    return [str(one) if type(one) is int else one for one in value] if isinstance(value, list) else value


def _check_range(text: str) -> str:
    read_sign_range(text)
    return text


DEFAULT_VOCABULARY: Final = "default"
"""The name of the section `[vocabulary]` among the vocabularies that may be chosen."""


def _check_name(name: str) -> str:
    if name == DEFAULT_VOCABULARY:
        raise ValueError(f"{DEFAULT_VOCABULARY} is the name of the section [vocabulary]; give it another")
    return name


VocabularyName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _-]{0,62}$"), AfterValidator(_check_name)
]


class LabelsConfig(Section):
    """The texts by which this device shows signs, whatever its model calls them."""

    file: Path | None = None
    """CSV file of signs whose texts and kinds replace the model's: `number`, `arabic`, `english` and, if need be,
    `kind` (`word`, `letter` or `number`). `models/label_sets/karsl-502.csv` is such a file."""


class Vocabulary(Section):
    """A set of signs: those that any of the keys names; without keys all."""

    signs: Annotated[
        tuple[Annotated[str, AfterValidator(_check_range)], ...],
        BeforeValidator(write_ranges),
    ] = ()
    """Numbers of signs and ranges of them, such as `[71, 76, "290-295"]`; in a variable separated by commas."""
    kinds: Annotated[tuple[SignKind, ...], BeforeValidator(split_at_commas)] = ()
    """Kinds of signs: `word`, `letter`, `number`; in a variable separated by commas."""
    file: Path | None = None
    """File of signs, one a line: a number, a range of numbers, or a word in Arabic or English; `#` begins a remark."""

    @property
    def is_restricted(self) -> bool:
        """Return True if not every sign may be said."""
        return bool(self.signs or self.kinds or self.file)


class VocabularyConfig(Vocabulary):
    """The signs that this device may say: those that any of the keys names; without keys all."""

    sets: dict[VocabularyName, Vocabulary] = Field(default_factory=dict)
    """Other vocabularies by name, with the keys `signs`, `kinds` and `file`: `[vocabulary.sets.clinic]`. Whoever may
    publish commands chooses one, or `default`, which is this one."""
