"""The one-time code that opens the set-up page, for people who read it from a screen and type it on a phone."""

import secrets
import unicodedata
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters and digits without those that look like others: 0 and O, 1, I and L, U and V."""

LENGTH: Final = 9
"""Characters of a code: 44 bits."""

_GROUP: Final = 3


def new_code() -> str:
    """Return a new code without the spaces between its groups."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def grouped(code: str) -> str:
    """Return a code as people read it: `K7Q-M3F-XP9`."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def normalise(typed: str) -> str:
    """Return what somebody typed without spaces and hyphens, in capitals and with European digits."""
    return "".join(_character(one) for one in typed.upper() if not (one.isspace() or one == "-"))


def _character(one: str) -> str:
    digit = unicodedata.digit(one, None)
    return one if digit is None else str(digit)
