"""Writes takes as `.pose` files, with a list of them that `import-pose` and people read."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tqdm import tqdm

from landmarkers.take import TAKE_SUFFIX, Provenance, Take, TakeDamaged
from models.bundle import LABELS
from models.labels import Sign, labels_json, read_labels
from models.sign_number import number_of_word
from trainer.data.holistic_pose import PoseTooLong, to_pose
from trainer.data.layouts.clip_list import NAME
from trainer.data.pose_file import POSE_SUFFIX
from trainer.data.store import find_takes
from trainer.targets import Kind, check_folder, replace_folder

POSES: Final = Kind("an empty folder", lambda _: "it holds something")
_HEADER: Final = ("path", "word", "english", "signer", "split")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """The number of files that were written, and a sentence on each take that could not become one."""

    written: int
    unreadable: tuple[str, ...]


def export_takes(takes: Path, to: Path) -> ExportReport:
    """Write each take of a folder, without augmented variants, into an empty folder, which appears whole or not at all.

    Raises StoreUnusable, LabelsDamaged, TargetRefused.
    """
    check_folder(to, POSES, [takes])
    found = find_takes([takes])
    known = {sign.sign_id: sign for sign in read_labels(takes / LABELS)} if (takes / LABELS).is_file() else {}
    rows, unreadable, written = [], [], 0
    with replace_folder(to, POSES) as folder:
        for path in tqdm(found, desc="export", unit="take"):
            name = str(path.relative_to(takes)).removesuffix(TAKE_SUFFIX) + POSE_SUFFIX
            try:
                take = Take.load(path)
                if take.provenance.variant:
                    continue
                to_pose(take).save(folder / name)
            except (TakeDamaged, PoseTooLong) as error:
                unreadable.append(str(error))
                continue
            written += 1
            if take.provenance.sign_id is not None:
                rows.append(_row(name, take.provenance, known.get(take.provenance.sign_id)))
        if rows:
            _write_list(rows, folder / NAME)
        if known:
            (folder / LABELS).write_bytes(labels_json(tuple(known.values())))
    return ExportReport(written, tuple(unreadable))


def _row(name: str, provenance: Provenance, sign: Sign | None) -> tuple[str, ...]:
    """Return the row of a list; the word stands for the number where the number was derived from it."""
    derived = sign is not None and number_of_word(sign.word) == provenance.sign_id
    word = sign.word if sign is not None and derived else str(provenance.sign_id)
    english = sign.word_en if sign is not None else ""
    return name, word, english, provenance.signer or "", provenance.split or ""


def _write_list(rows: list[tuple[str, ...]], path: Path) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_HEADER, *rows])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
