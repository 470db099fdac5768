"""Reads a file of labels, in which people give the signs of a data set their words: CSV or XLSX.

The first row names the columns: `number`, `arabic` and `english`, or, as KArSL's own sheet calls them, `SignID`,
`Sign-Arabic` and `Sign-English`. One language is enough. A column `kind` may say `word`, `letter` or `number`; of the
signs in KArSL's own sheet the kinds are known. Other columns are ignored. A sign without a number gets the one that
follows from its word. A `labels.json`, as takes and bundles have it, is read as well.
"""

import io
import unicodedata
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from landmarkers.errors import UserError
from landmarkers.numbers import is_number
from landmarkers.parsing import read_limited
from landmarkers.plain_text import one_line
from models.karsl import review
from models.labels import SIGN_KINDS, Sign, parse_labels
from models.sign_number import MAX_SIGN_NUMBER, normalise_word, number_of_word
from trainer.data.layouts.csv_rows import parse_rows

_COLUMNS: Final = {
    "number": ("number", "signid", "sign_id"),
    "arabic": ("arabic", "sign-arabic", "word"),
    "english": ("english", "sign-english", "word_en"),
    "kind": ("kind",),
}
_ZIP_START: Final = b"PK"
# What openpyxl and the standard library's readers of ZIP and XML below it raise for damaged files.
_XLSX_FAULTS: Final = (
    OSError, BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError,
    SyntaxError, NotImplementedError, RuntimeError, zlib.error,
)  # fmt: skip

Row = Sequence[Any]


class LabelFileUnusable(UserError):
    """A file of labels that cannot be used; the message names the file and the row."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """The positions of the columns in a row; None is a column that the file lacks."""

    number: int | None
    arabic: int | None
    english: int | None
    kind: int | None
    width: int


def read_label_file(path: Path) -> tuple[Sign, ...]:
    """Return the signs of a file of labels, in the order of its rows. Raises LabelFileUnusable, LabelsDamaged.

    Raises DatasetUnreadable for a file that is no CSV.
    """
    try:
        content = read_limited(path)
    except OSError as error:
        raise LabelFileUnusable(f"the labels {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise LabelFileUnusable(f"the labels {path} cannot be read: {error}") from error
    if content.lstrip().startswith(b"["):
        return parse_labels(path, content)
    for table in _tables(path, content):
        columns = _find_columns(path, table)
        if columns is not None:
            return _read_rows(path, table, columns)
    raise LabelFileUnusable(f"the first row of {path} names no column arabic or english (and number, if there are any)")


def _tables(path: Path, content: bytes) -> Iterator[Sequence[tuple[int, Row]]]:
    """Yield what may be the table of labels, as its rows that are not empty with their numbers."""
    if content.startswith(_ZIP_START):
        try:
            with warnings.catch_warnings(action="ignore"):  # of what openpyxl drops, which are no words
                book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
                sheets = [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
        except _XLSX_FAULTS as error:
            raise LabelFileUnusable(f"{path} is damaged, or no xlsx file") from error
        for sheet in sheets:
            yield _numbered(sheet)
        return
    yield parse_rows(path, content)


def _numbered(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    return [(number, row) for number, row in enumerate(rows, 1) if any(map(_text, row))]


def _find_columns(path: Path, table: Sequence[tuple[int, Row]]) -> _Columns | None:
    """Return the columns that the first row names; None if it names no words."""
    if not table:
        return None
    header = [_text(cell).casefold() for cell in table[0][1]]
    found: dict[str, int | None] = {}
    for column, names in _COLUMNS.items():
        positions = [position for position, cell in enumerate(header) if cell in names]
        if len(positions) > 1:
            raise LabelFileUnusable(f"the first row of {path} names the column {column} twice; rename one of them")
        found[column] = positions[0] if positions else None
    if found["arabic"] is None and found["english"] is None:
        return None
    return _Columns(found["number"], found["arabic"], found["english"], found["kind"], len(header))


def _read_rows(path: Path, table: Sequence[tuple[int, Row]], columns: _Columns) -> tuple[Sign, ...]:
    signs: dict[int, tuple[int, Sign]] = {}
    is_numbered = any(_cell(row, columns.number) for _, row in table[1:])
    for number, row in table[1:]:
        try:
            sign = _read_row(row, columns, is_numbered=is_numbered)
        except ValueError as error:
            raise LabelFileUnusable(f"row {number} of {path} {error}") from error
        if sign is None:
            continue
        first, earlier = signs.setdefault(sign.sign_id, (number, sign))
        if earlier is not sign:
            raise LabelFileUnusable(
                f"row {number} of {path} gives “{sign.word}” the number {sign.sign_id}, which row {first} gives "
                f"“{earlier.word}”; give each sign one row and a number of its own"
            )
    if not signs:
        raise LabelFileUnusable(f"{path} names no sign below its first row")
    _refuse_word_of_another(path, signs)
    return tuple(sign.model_copy(update={"kind": review(sign).kind}) for _, sign in signs.values())


def _read_row(row: Row, columns: _Columns, *, is_numbered: bool) -> Sign | None:
    """Return the sign of a row; None if it is empty. Raises ValueError whose message continues "row 7 of FILE"."""
    if any(map(_text, row[columns.width :])):
        raise ValueError("has more cells than the first row; put a word with the delimiter in it in double quotes")
    number = _cell(row, columns.number)
    words = {
        name: _cell(row, position)
        for name, position in (("Arabic", columns.arabic), ("English", columns.english))
        if position is not None
    }
    if not number and not any(words.values()):
        return None
    sign_id = _sign_number(number) if number else None
    for language, word in words.items():
        if not word:
            raise ValueError(f"has no {language} word; write it, or the other word again if there is none")
        if sign_id is None and is_numbered and word.isnumeric():
            raise ValueError("has no number and looks like a total; remove it, or number the sign")
    word, word_en = words.get("Arabic") or words["English"], words.get("English") or words["Arabic"]
    kind = _cell(row, columns.kind).casefold() or None
    if kind not in (None, *SIGN_KINDS):
        raise ValueError(f"calls its sign a “{kind}”; its kind is {', '.join(SIGN_KINDS)}, or left empty")
    return Sign(
        sign_id=number_of_word(word) if sign_id is None else sign_id,
        word=word,
        word_en=word_en,
        kind=kind,
    )


def _sign_number(text: str) -> int:
    """Return a number, which may be written as spreadsheets do: `7.0`. Raises ValueError."""
    whole, _, fraction = text.partition(".")
    if not is_number(whole) or fraction.strip("0") or int(whole) > MAX_SIGN_NUMBER:
        raise ValueError(
            f"numbers its sign “{text}”, which is no number from 0 to {MAX_SIGN_NUMBER}; remove the row if it is a "
            "total, or leave the cell empty to have the sign numbered"
        )
    return int(whole)


def _refuse_word_of_another(path: Path, signs: dict[int, tuple[int, Sign]]) -> None:
    """Refuse a sign without a number whose word is that of another row, so that both mean one sign."""
    rows: dict[str, int] = {}
    for row, sign in sorted(signs.values(), key=lambda one: one[1].sign_id):
        word = normalise_word(sign.word)
        if word in rows and sign.sign_id == number_of_word(word):
            raise LabelFileUnusable(
                f"row {row} of {path} gives “{sign.word}” no number, and row {rows[word]} has the same word; remove "
                "one of them, or number both"
            )
        rows.setdefault(word, row)


def _cell(row: Row, position: int | None) -> str:
    return "" if position is None or position >= len(row) else _text(row[position])


def _text(cell: Any) -> str:
    """Return a cell's text on one line; a spreadsheet holds a number as 7 or 7.0."""
    if cell is None:
        return ""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return one_line(unicodedata.normalize("NFC", text))
