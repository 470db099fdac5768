"""A clip of a data set: one recording of one sign."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError

SPLITS: Final = ("train", "val", "test")
"""Networks are trained on the first alone; the second may decide when training ends, the third nothing."""


class DatasetUnreadable(UserError):
    """A folder that is not a data set, or an unreadable file of one; the message names it."""


@dataclass(frozen=True, slots=True, order=True)
class Clip:
    """One recording of one sign; `name` is its path from the data set's root without the file suffix.

    `word` and `word_en` are what the data set itself calls the sign; None where it knows the sign by number alone.
    """

    name: str
    path: Path
    sign_id: int
    signer: str | None
    split: str
    word: str | None = None
    word_en: str | None = None
