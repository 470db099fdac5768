"""Options that all programs have, and numbers in them."""

import argparse
import math
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import shtab

from landmarkers.numbers import is_number, read_decimal

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2199
_MAX_INTEGER: Final = 2**31 - 1


def add_standard_options(parser: argparse.ArgumentParser) -> None:
    """Add `--version` and `--print-completion`, and let shells complete the names of files and folders."""
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('ishara')}")
    shtab.add_argument_to(parser, "--print-completion", help="print a completion script for this shell, and exit")
    _complete_paths(parser)


def integer_from(minimum: int, maximum: int = _MAX_INTEGER) -> Callable[[str], int]:
    """Return a converter of integers from `minimum` to `maximum`."""

    def convert(text: str) -> int:
        if not is_number(text) or not minimum <= int(text) <= maximum:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from {minimum} to {maximum}")
        return int(text)

    return convert


def decimal_from(minimum: int, maximum: int, unit: str = "") -> Callable[[str], float]:
    """Return a converter of numbers from `minimum` to `maximum`, of seconds or another unit."""

    def convert(text: str) -> float:
        try:
            number = read_decimal(text)
        except ValueError:
            number = math.nan
        if not minimum <= number <= maximum:
            of_unit = f" of {unit}" if unit else ""
            raise argparse.ArgumentTypeError(f"{text} is not a number{of_unit} from {minimum} to {maximum}")
        return number

    return convert


def utc_time(text: str) -> datetime:
    """Convert a date, or a date and time as ISO 8601 writes them; without an offset it is UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = datetime.min.replace(tzinfo=UTC)
    if not _FIRST_YEAR < time.year < _LAST_YEAR:
        raise argparse.ArgumentTypeError(f"{text} is no date or time such as 2026-11-29 or 2026-11-29T16:00")
    return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)


def _complete_paths(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:  # noqa: SLF001 # argparse has no public way to its actions
        if action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined] # where shtab looks for it
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for child in action.choices.values():
                _complete_paths(child)
