"""Reads a data set of sign clips from disk, in the layout in which KArSL-502 is distributed.

    <root>/<signer>/<signer>/<train|test>/<sign>/<clip>     clip: a video or a folder of numbered frames
    <root>/KARSL-502_Labels.xlsx                            SignID, Sign-Arabic, Sign-English

A flat folder of `<sign>.mp4` is read as well: one training clip per sign, of an unknown signer.
Sidig, Luqman, Mahmoud, Mohandes, "KArSL: Arabic Sign Language Database", ACM TALLIP 20(1), 2021.
"""

from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from landmarkers.parsing import is_number
from landmarkers.recording import VIDEO_SUFFIXES
from models.labels import Sign
from trainer.data.clip import Clip, DatasetUnreadable

LABELS_NAME = "KARSL-502_Labels.xlsx"


def find_clips(root: Path) -> list[Clip]:
    """Return all clips of a data set, ordered by name. Raises DatasetUnreadable if there are none."""
    if not root.is_dir():
        raise DatasetUnreadable(f"the data set folder {root} does not exist")
    clips = sorted([*_official_clips(root), *_flat_clips(root)])
    if not clips:
        raise DatasetUnreadable(
            f"{root} holds no clips as <signer>/<signer>/<train|test>/<sign>/<clip>, nor as <sign>.mp4"
        )
    return clips


def find_labels(root: Path) -> Path | None:
    """Return the labels file of a data set: in its root or, for a part of KArSL, in a folder beside it."""
    return next(
        (path for path in (root / LABELS_NAME, *sorted(root.parent.glob(f"*/{LABELS_NAME}"))) if path.is_file()), None
    )


def read_xlsx_labels(path: Path) -> dict[int, Sign]:
    """Return the official labels by sign number, with whitespace normalised. Raises DatasetUnreadable."""
    try:
        sheet = openpyxl.load_workbook(path, read_only=True).active
    except (OSError, KeyError, ValueError, BadZipFile, InvalidFileException) as error:
        raise DatasetUnreadable(f"{path} is not a readable xlsx file") from error
    rows = [] if sheet is None else list(sheet.iter_rows(values_only=True))
    header = [str(cell).strip() for cell in rows[0]] if rows else []
    required = ("SignID", "Sign-Arabic", "Sign-English")
    if not set(required) <= set(header):
        raise DatasetUnreadable(f"{path} lacks one of the columns {', '.join(required)}")
    number, arabic, english = (header.index(name) for name in required)
    signs = {}
    for row in rows[1:]:
        if row[number] is not None:
            sign_id = int(str(row[number]))
            # Labels that are numbers are int cells, and words have stray or doubled spaces.
            word, word_en = (" ".join(str(row[column]).split()) for column in (arabic, english))
            signs[sign_id] = Sign(sign_id=sign_id, word=word, word_en=word_en)
    return signs


def _official_clips(root: Path) -> Iterator[Clip]:
    for split in ("train", "test"):
        for folder in sorted(root.glob(f"*/*/{split}/*")):
            signer = folder.parts[-3]
            if not folder.is_dir() or not is_number(folder.name):
                continue
            for path in folder.iterdir():
                if path.name.startswith("."):  # as macOS leaves one, `._NAME`, beside each file
                    continue
                if path.is_dir() or path.suffix.lower() in VIDEO_SUFFIXES:
                    name = f"{folder.relative_to(root)}/{path.name if path.is_dir() else path.stem}"
                    yield Clip(name, path, int(folder.name), signer, split)


def _flat_clips(root: Path) -> Iterator[Clip]:
    for path in root.iterdir():
        if is_number(path.stem) and path.suffix.lower() in VIDEO_SUFFIXES:
            yield Clip(path.stem, path, int(path.stem), None, "train")
