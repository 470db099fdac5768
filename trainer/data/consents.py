"""The consents by which the takes behind a model were kept: the file `consents.json` of its bundle.

It lists their numbers and no name, so that the bundles that were trained with a person's takes can be found when the
person is to be forgotten. A fine-tuned bundle lists those of its parent, too. The manifest names the file with its
SHA-256, which a signature covers; devices need it for nothing and leave it out. It is a file of its own because
programs read a manifest of 64 KB at most.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from landmarkers.errors import UserError
from landmarkers.parsing import describe, read_limited
from models.forgotten import ConsentId

CONSENTS: Final = "consents.json"
_MAX_BYTES: Final = 1 << 26
_NUMBERS: Final = TypeAdapter(frozenset[ConsentId])


class ConsentsDamaged(UserError):
    """A bundle's list of consents that cannot be read; the message names it."""


def write_consents(bundle: Path, consents: Iterable[str]) -> None:
    """Write the list into a new bundle, if there are any."""
    numbers = sorted(consents)
    if numbers:
        (bundle / CONSENTS).write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


def read_consents(bundle: Path) -> frozenset[str]:
    """Return the consents that a bundle lists; none if it has no list. Raises ConsentsDamaged."""
    path = bundle / CONSENTS
    try:
        return _NUMBERS.validate_json(read_limited(path, _MAX_BYTES))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError) as error:
        raise ConsentsDamaged(f"{path} cannot be read: {describe(error)}; export the bundle anew") from error
