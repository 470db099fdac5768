"""Reads a list of clips, `clips.csv` or any CSV file that is named instead of a folder.

    path,word,signer,split
    phone/VID_0001.mp4,coffee,p2,train

`path` counts from the file's own folder and leads to a video or a folder of numbered pictures below it; `word` is a
word or a sign's number. `english`, `signer` and `split` (train, val, test) may be empty or lacking, and other columns
are ignored.
"""

import re
from pathlib import Path, PurePosixPath
from typing import Final

from landmarkers.recording import VIDEO_SUFFIXES
from trainer.data.clip import DatasetUnreadable
from trainer.data.layouts.content import Entry, Kind, kind_of
from trainer.data.layouts.csv_rows import read_rows
from trainer.data.layouts.reading import Description, Reading, sign_of, split_of

NAME: Final = "clips.csv"
_REQUIRED: Final = ("path", "word")


def read(path: Path, suffixes: frozenset[str] = VIDEO_SUFFIXES) -> Reading:
    """Find the clips that a list names. Raises DatasetUnreadable, with the number of the row."""
    rows = read_rows(path)
    header = [name.casefold() for name in rows[0][1]] if rows else []
    if not set(_REQUIRED) <= set(header):
        raise DatasetUnreadable(
            f"the first row of {path} must name the columns path and word; signer and split may follow"
        )
    described: dict[Entry, Description] = {}
    missing = []
    for number, row in rows[1:]:
        try:
            name, description = _read_row(dict(zip(header, row, strict=False)))
            file = path.parent.joinpath(*name.parts)
            if not file.exists():
                missing.append(f"{name} (in row {number} of {path.name}, not there)")
                continue
            entry = Entry(file, name.parts, kind_of(file, suffixes))
            if entry.kind is Kind.OTHER:
                raise ValueError(f"{name} is neither a video nor a folder of numbered pictures")
            if described.setdefault(entry, description) != description:
                raise ValueError(f"{name} stands in a row before, with something else")
        except OSError as error:
            raise DatasetUnreadable(f"row {number} of {path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise DatasetUnreadable(f"row {number} of {path} cannot be read: {error}") from error
    return Reading(list(described.items()), frozenset({Entry(path, (path.name,), Kind.OTHER)}), missing)


def _read_row(cells: dict[str, str]) -> tuple[PurePosixPath, Description]:
    """Return the path and the description of one row. Raises ValueError."""
    for name in _REQUIRED:
        if not cells.get(name):
            raise ValueError(f"its {name} is empty")
    path = PurePosixPath(cells["path"].replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise ValueError(f"{path} does not lie below the folder of the file; give paths that count from there")
    split = split_of(cells.get("split", ""))
    if split is None and cells.get("split"):
        raise ValueError(f"{cells['split']} is none of the splits train, val and test")
    sign = sign_of(re.sub(r"^([0-9]+)\.0+$", r"\1", cells["word"]))  # as spreadsheets write whole numbers
    return path, Description(sign, cells.get("signer") or None, split, cells.get("english") or None)
