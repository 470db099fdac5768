"""Reads the lists of data sets, files of comma-separated values."""

from pathlib import Path

from landmarkers.parsing import describe, read_limited
from models.csv_rows import parse_rows
from trainer.data.clip import DatasetUnreadable

_MAX_BYTES = 1 << 28


def read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows of a file as `parse_rows` does. Raises DatasetUnreadable."""
    try:
        content = read_limited(path, _MAX_BYTES)
    except OSError as error:
        raise DatasetUnreadable(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DatasetUnreadable(f"{path} is not a readable CSV file: {describe(error)}") from error
    try:
        return parse_rows(content)
    except ValueError as error:
        raise DatasetUnreadable(f"{path} {error}") from error
