"""The name of a person whose takes are kept, and the uses to which they may agree."""

import re
import unicodedata
from enum import StrEnum
from typing import Final

MAX_PERSON: Final = 40
"""Characters of a name."""
_NAME: Final = re.compile(r"\w(?:[\w .'-]*\w)?", re.UNICODE)


class Purpose(StrEnum):
    """The use to which the takes may be put."""

    DEVICE = "device"
    """They stay on the device that recorded them, and only teach it."""
    TRAINING = "training"
    """They may also be collected for the next model."""


def read_person(text: str) -> str:
    """Return a person's name or pseudonym on one line, composed (NFC); it also names a folder.

    Letters of every script with their marks, digits, spaces, dots, hyphens and apostrophes: so no address of electronic
    mail is one, and no path. Raises ValueError.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    unmarked = "".join(character for character in name if not unicodedata.category(character).startswith("M"))
    is_list = name.lower().endswith(".json")  # lists lie beside the person's folder
    if (
        is_list
        or len(name) > MAX_PERSON
        or not _NAME.fullmatch(unmarked)
        or unicodedata.category(name[0]).startswith("M")
    ):
        raise ValueError(
            f"a person has a name or pseudonym of at most {MAX_PERSON} letters, digits, spaces, dots, hyphens and "
            "apostrophes"
        )
    return name
