"""The result of reading a layout: the clips that were found, and what is known to be missing."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from landmarkers.numbers import is_number
from models.sign_number import MAX_SIGN_NUMBER
from trainer.data.layouts.content import Entry

_SPLITS: Final = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_COPY: Final = re.compile(r"(.*\S) ?\([0-9]+\)")  # as browsers and systems name a second copy


@dataclass(frozen=True, slots=True)
class Description:
    """The statement of a layout on a clip: the number or word of its sign, and whatever else it says."""

    sign: int | str
    signer: str | None = None
    split: str | None = None
    word_en: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The clips of a data set with their descriptions, the lists that were read, and the clips that these miss."""

    clips: Sequence[tuple[Entry, Description]]
    lists: frozenset[Entry] = frozenset()
    missing: Sequence[str] = field(default_factory=tuple)


Reader = Callable[[Sequence[Entry]], Reading]


def read_each(entries: Sequence[Entry], describe: Callable[[Entry], Description | None]) -> Reading:
    """Return the reading of a layout in which the path of a clip says everything."""
    described = ((entry, describe(entry)) for entry in entries if entry.is_clip)
    return Reading([(entry, description) for entry, description in described if description is not None])


def split_of(name: str) -> str | None:
    """Return the split that a folder or a cell names; None if it names none."""
    return _SPLITS.get(name.strip().casefold())


def sign_of(name: str, names: Iterable[str] = ()) -> int | str:
    """Return the number or the word that a folder, a file or a cell names.

    `0025 (1)` is a copy of 0025, and `coffee (1)` one of coffee if that is among the `names`: otherwise it is a word.
    """
    copy = _COPY.fullmatch(name)
    if copy is not None and (is_number(copy[1]) or copy[1] in names):
        name = copy[1]
    is_sign_number = is_number(name) and int(name) <= MAX_SIGN_NUMBER
    return int(name) if is_sign_number else unicodedata.normalize("NFC", " ".join(name.split()))
