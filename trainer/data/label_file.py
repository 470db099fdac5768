"""Reads a file of labels, in which people give the signs of a data set their words: CSV, XLSX or `labels.json`.

See models/label_file.py for the columns.
"""

import io
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from models.label_file import (
    LabelFileUnusable,
    Table,
    cell_text,
    columns_missing,
    parse_label_content,
    parse_label_table,
    read_label_content,
)
from models.labels import Sign

_ZIP_START: Final = b"PK"
# What openpyxl and the standard library's readers of ZIP and XML below it raise for damaged files.
_XLSX_FAULTS: Final = (
    OSError, BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError,
    SyntaxError, NotImplementedError, RuntimeError, zlib.error,
)  # fmt: skip


def read_label_file(path: Path) -> tuple[Sign, ...]:
    """Return the signs of a file of labels, in the order of its rows. Raises LabelFileUnusable, LabelsDamaged."""
    content = read_label_content(path)
    if not content.startswith(_ZIP_START):
        return parse_label_content(path, content)
    for table in _sheets(path, content):
        signs = parse_label_table(path, table)
        if signs is not None:
            return signs
    raise columns_missing(path)


def _sheets(path: Path, content: bytes) -> Iterator[Table]:
    """Yield what may be the table of labels."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what openpyxl drops, which are no words
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheets = [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
    except _XLSX_FAULTS as error:
        raise LabelFileUnusable(f"{path} is damaged, or no xlsx file") from error
    for sheet in sheets:
        yield [(number, row) for number, row in enumerate(sheet, 1) if any(map(cell_text, row))]
