"""Reads the rows of comma-separated values as people's programs write them."""

import csv
import io

from landmarkers.parsing import describe


def parse_rows(content: bytes) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with its number from 1, and its cells without spaces around them.

    A byte order mark is taken, and semicolons or tabs in place of commas, as Excel writes them in many countries.
    Raises ValueError whose message continues a sentence that begins with the file.
    """
    try:
        text = content.decode("utf-8-sig")
        first = text.lstrip().partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        rows = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1)
        stripped = [(number, [cell.strip() for cell in row]) for number, row in rows]
    except UnicodeDecodeError as error:
        raise ValueError('is not UTF-8; save it as "CSV UTF-8"') from error
    except csv.Error as error:
        raise ValueError(f"is not a readable CSV file: {describe(error)}") from error
    return [(number, row) for number, row in stripped if any(row)]
