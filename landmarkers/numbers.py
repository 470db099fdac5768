"""Reads numbers in texts that come from outside: of ASCII digits alone, where `int` and `float` accept any script's."""

import re


def is_number(text: str) -> bool:
    """Return True for what `int` reads quickly as a whole number: at most 18 digits, of ASCII alone."""
    return re.fullmatch("[0-9]{1,18}", text) is not None


def read_decimal(text: str) -> float:
    """Return the number that a text of ASCII says, as `float` reads it. Raises ValueError."""
    if not text.isascii() or "_" in text:
        raise ValueError("it is no number of the digits 0 to 9")
    try:
        return float(text)
    except ValueError as error:
        raise ValueError("it is no number") from error
