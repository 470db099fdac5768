"""Reads files of comma-separated values as people's programs write them."""

import csv
import io
from pathlib import Path

from landmarkers.parsing import describe, read_limited
from trainer.data.clip import DatasetUnreadable

_MAX_BYTES = 1 << 28


def read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows of a file as `parse_rows` does. Raises DatasetUnreadable."""
    try:
        return parse_rows(path, read_limited(path, _MAX_BYTES))
    except OSError as error:
        raise DatasetUnreadable(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DatasetUnreadable(f"{path} is not a readable CSV file: {describe(error)}") from error


def parse_rows(path: Path, content: bytes) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with its number from 1, and its cells without spaces around them.

    A byte order mark is taken, and semicolons or tabs in place of commas, as Excel writes them in many countries.
    `path` names the content. Raises DatasetUnreadable.
    """
    try:
        text = content.decode("utf-8-sig")
        first = text.lstrip().partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        rows = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1)
        stripped = [(number, [cell.strip() for cell in row]) for number, row in rows]
    except UnicodeDecodeError as error:
        raise DatasetUnreadable(f'{path} is not UTF-8; save it as "CSV UTF-8"') from error
    except csv.Error as error:
        raise DatasetUnreadable(f"{path} is not a readable CSV file: {describe(error)}") from error
    return [(number, row) for number, row in stripped if any(row)]
