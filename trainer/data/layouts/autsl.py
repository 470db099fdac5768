"""Reads AUTSL's file names: `signer12_sample34_color.mp4`, with the signs in `train_labels.csv` and its like.

    train_labels.csv              signer12_sample34,41          a clip and the number of its class
    SignList_ClassId_TR_EN.csv    41,kahvalti,breakfast         the words of the classes

Split: that of the folder (train, val, test), otherwise that in the name of the file of labels. The depth pictures
(`_depth`) are not read. Sincan, Keles, "AUTSL: A Large Scale Multi-Modal Turkish Sign Language Dataset and Baseline
Methods", IEEE Access 8, 2020.
"""

import re
from collections.abc import Sequence
from typing import Final

from landmarkers.numbers import is_number
from trainer.data.layouts.content import Entry
from trainer.data.layouts.csv_rows import read_rows
from trainer.data.layouts.reading import Description, Reading, split_of

_CLIP: Final = re.compile("(signer([0-9]+)_sample[0-9]+)(_color)?")
_LABELS: Final = re.compile(r"(?:(\w+?)_labels|ground_truth)\.csv", re.IGNORECASE | re.ASCII)
_WORDS: Final = "signlist_classid_tr_en.csv"


def read(entries: Sequence[Entry]) -> Reading:
    """Find the clips whose class is named. Raises DatasetUnreadable for a damaged list."""
    names = {entry: name for entry in entries if entry.is_clip and (name := _CLIP.fullmatch(entry.stem))}
    if not names:
        return Reading([])
    words = [entry for entry in entries if entry.parts[-1].lower() == _WORDS]
    labels = [entry for entry in entries if _LABELS.fullmatch(entry.parts[-1])]
    class_words = {row[0]: (row[1], row[2]) for entry in words for _, row in read_rows(entry.path) if len(row) >= 3}
    classes = {
        row[0]: (row[1], _split_of_labels(entry))
        for entry in labels
        for _, row in read_rows(entry.path)
        if len(row) >= 2 and _CLIP.fullmatch(row[0]) and is_number(row[1])
    }
    clips = []
    for entry, name in names.items():
        if name[1] in classes:
            number, split = classes[name[1]]
            word, word_en = class_words.get(number, (None, None))
            split = _split_of_folder(entry) or split or "train"
            clips.append((entry, Description(word or int(number), name[2], split, word_en)))
    missing = [
        f"{name} (in a file of labels, no clip)" for name in sorted(classes.keys() - {n[1] for n in names.values()})
    ]
    return Reading(clips, frozenset({*words, *labels}), missing)


def _split_of_labels(entry: Entry) -> str | None:
    """Return the split that a file of labels is for, by its name or else by its folder."""
    name = _LABELS.fullmatch(entry.parts[-1])
    of_name = None if name is None or name[1] is None else split_of(name[1])
    return of_name or _split_of_folder(entry)


def _split_of_folder(entry: Entry) -> str | None:
    """Return the split that the innermost of the folders names that name one."""
    return next(filter(None, map(split_of, reversed(entry.folders))), None)
