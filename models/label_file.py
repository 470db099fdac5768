"""Reads a file of labels, in which people give signs their words, from comma-separated values.

The first row names the columns: `number`, `arabic` and `english`, or, as KArSL's own sheet calls them, `SignID`,
`Sign-Arabic` and `Sign-English`. One language is enough. A column `kind` may say `word`, `letter` or `number`; of the
signs in KArSL's own sheet the kinds are known. Other columns are ignored, except in a device's labels. A sign without a
number gets the one that follows from its word. A `labels.json`, as takes and bundles have it, is read as well.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from landmarkers.errors import UserError
from landmarkers.numbers import is_number
from landmarkers.parsing import read_limited
from landmarkers.plain_text import MAX_CHARACTERS, escape, one_line
from models.csv_rows import parse_rows
from models.karsl import review
from models.labels import SIGN_KINDS, Sign, parse_labels
from models.sign_number import MAX_SIGN_NUMBER, normalise_word, number_of_word

_COLUMNS: Final = {
    "number": ("number", "signid", "sign_id"),
    "arabic": ("arabic", "sign-arabic", "word"),
    "english": ("english", "sign-english", "word_en"),
    "kind": ("kind",),
}
_REMARKS: Final = ("karsl_arabic", "karsl_english", "note")  # columns of `label_sets/karsl-502.csv` that are not shown

Row = Sequence[Any]
Table = Sequence[tuple[int, Row]]
"""Rows that are not empty, each with its number from 1; the first names the columns."""


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


def read_device_labels(path: Path) -> tuple[Sign, ...]:
    """Return the signs of a file of labels that a device shows in place of its model's.

    Nothing in it is skipped: each column must be known, both languages must be there, and each text must be fit to be
    shown. Raises LabelFileUnusable, LabelsDamaged.
    """
    content = read_label_content(path)
    if not _is_json(content):
        table = _parse_csv(path, content)
        shown = _check_header(path, table)
        for number, row in table[1:]:
            _check_texts(path, number, [cell for cell, is_shown in zip(row, shown, strict=False) if is_shown])
    return parse_label_content(path, content)


def read_label_content(path: Path) -> bytes:
    """Return the content of a file of labels. Raises LabelFileUnusable."""
    try:
        return read_limited(path)
    except OSError as error:
        raise LabelFileUnusable(f"the labels {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise LabelFileUnusable(f"the labels {path} cannot be read: {error}") from error


def parse_label_content(path: Path, content: bytes) -> tuple[Sign, ...]:
    """Return the signs of a CSV file or a `labels.json`; `path` names it. Raises LabelFileUnusable, LabelsDamaged."""
    if _is_json(content):
        return parse_labels(path, content)
    signs = parse_label_table(path, _parse_csv(path, content))
    if signs is None:
        raise columns_missing(path)
    return signs


def parse_label_table(path: Path, table: Table) -> tuple[Sign, ...] | None:
    """Return the signs of a table, in the order of its rows; None if its first row names no words.

    Raises LabelFileUnusable.
    """
    columns = _find_columns(path, table)
    return None if columns is None else _read_rows(path, table, columns)


def columns_missing(path: Path) -> LabelFileUnusable:
    """Return the refusal of a file whose first row names no words."""
    return LabelFileUnusable(
        f"the first row of {path} names no column arabic or english (and number, if there are any)"
    )


def cell_text(cell: Any) -> str:
    """Return a cell's text on one line; a spreadsheet holds a number as 7 or 7.0."""
    if cell is None:
        return ""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return one_line(unicodedata.normalize("NFC", text))


def _is_json(content: bytes) -> bool:
    return content.lstrip().startswith(b"[")


def _parse_csv(path: Path, content: bytes) -> Table:
    try:
        return parse_rows(content)
    except ValueError as error:
        raise LabelFileUnusable(f"{path} {error}") from error


def _check_header(path: Path, table: Table) -> list[bool]:
    """Return for each column whether it is read.

    Refuse a first row that names an unknown column, which may be misspelt, or lacks one that a device needs.
    """
    header = [cell_text(cell).casefold() for cell in table[0][1]] if table else []
    needed = [names for column, names in _COLUMNS.items() if column != "kind"]
    unknown = [cell for cell in header if cell and cell not in (*sum(_COLUMNS.values(), ()), *_REMARKS)]
    if unknown:
        known = ", ".join((*_COLUMNS, "note"))
        raise LabelFileUnusable(f"the first row of {path} names the column {unknown[0]}; a device knows {known}")
    missing = next((names[0] for names in needed if not set(names) & set(header)), None)
    if missing is not None:
        raise LabelFileUnusable(f"the first row of {path} names no column {missing}, which the labels of a device need")
    return [cell != "" and cell not in _REMARKS for cell in header]


def _check_texts(path: Path, number: int, row: Row) -> None:
    for cell in row:
        text = " ".join(unicodedata.normalize("NFC", cell).split(" "))
        if cell_text(cell) != text:
            raise LabelFileUnusable(
                f"row {number} of {path} holds “{escape(text[:MAX_CHARACTERS])}”, which cannot be shown as it is; use "
                f"one line of at most {MAX_CHARACTERS} characters, without any that is invisible or turns the writing"
            )


def _find_columns(path: Path, table: Table) -> _Columns | None:
    """Return the columns that the first row names; None if it names no words."""
    if not table:
        return None
    header = [cell_text(cell).casefold() for cell in table[0][1]]
    found: dict[str, int | None] = {}
    for column, names in _COLUMNS.items():
        positions = [position for position, cell in enumerate(header) if cell in names]
        if len(positions) > 1:
            raise LabelFileUnusable(f"the first row of {path} names the column {column} twice; rename one of them")
        found[column] = positions[0] if positions else None
    if found["arabic"] is None and found["english"] is None:
        return None
    return _Columns(found["number"], found["arabic"], found["english"], found["kind"], len(header))


def _read_rows(path: Path, table: Table, columns: _Columns) -> tuple[Sign, ...]:
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
    if any(map(cell_text, row[columns.width :])):
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
    return "" if position is None or position >= len(row) else cell_text(row[position])
