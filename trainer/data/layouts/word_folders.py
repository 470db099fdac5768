"""Reads a folder for each word, as people arrange clips of their own.

    <root>/<word>/<clip>                     by an unknown signer
    <root>/<word>/<signer>/<clip>            `--signer-from folder`, which is what is read unasked
    <root>/<signer>/<word>/<clip>            `--signer-from outer-folder`
    <root>/<word>/p2_01.mp4                `--signer-from '{signer}_*'`: a pattern of the file's name

Folders named train, val and test may lie around all those of the words, or in each of them.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from trainer.data.clip import DatasetUnreadable
from trainer.data.layouts.content import Entry
from trainer.data.layouts.reading import Description, Reading, read_each, sign_of, split_of

FOLDER: Final = "folder"
OUTER_FOLDER: Final = "outer-folder"
PLACE: Final = "{signer}"
"""Stands in a pattern for the name of the signer."""


def read(entries: Sequence[Entry], signer_from: str | None) -> Reading:
    """Find the clips. Raises DatasetUnreadable if the folders can be read in two ways, or no name fits the pattern."""
    clips = [entry for entry in entries if entry.is_clip and entry.folders]
    position = _split_position([entry.folders for entry in clips])
    placed = [(entry, *_without_split(entry.folders, position)) for entry in clips]
    depth = _common_depth([folders for _, _, folders in placed], signer_from)
    known = {name for entry, _, folders in placed for name in folders[depth:]}
    places = {entry: (split, folders[depth:]) for entry, split, folders in placed}
    reading = read_each(entries, partial(_describe, places=places, known=known, signer_from=signer_from))
    if _is_pattern(signer_from) and reading.clips and not any(clip.signer for _, clip in reading.clips):
        entry, _ = reading.clips[0]
        raise DatasetUnreadable(
            f"no clip is named as --signer-from {signer_from} says, for example {entry.stem}; give a pattern in which "
            f"{PLACE} stands for the person and * for what else the names hold"
        )
    return reading


def signer_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern in which `{signer}` stands for letters and digits, * for anything."""
    before, after = (".*?".join(map(re.escape, part.split("*"))) for part in pattern.split(PLACE))
    return re.compile(rf"{before}(?P<signer>[^\W_]+){after}", re.UNICODE)


def _describe(
    entry: Entry,
    places: dict[Entry, tuple[str | None, tuple[str, ...]]],
    known: set[str],
    signer_from: str | None,
) -> Description | None:
    split, folders = places.get(entry, (None, ()))
    if len(folders) == 1 and signer_from != OUTER_FOLDER:
        word, signer = folders[0], None
    elif len(folders) == 2:
        word, signer = folders[::-1] if signer_from == OUTER_FOLDER else folders
    else:
        return None
    if signer_from is not None and _is_pattern(signer_from):
        name = signer_pattern(signer_from).fullmatch(entry.stem)
        signer = None if name is None else name["signer"]
    return Description(sign_of(word, known), signer, split)


def _split_position(places: Sequence[tuple[str, ...]]) -> int | None:
    """Return which of the folders of each clip names its split: all do, so that `train` may be a word among others."""
    deep = [folders for folders in places if len(folders) > 1]
    if deep and all(split_of(folders[0]) for folders in places):
        return 0
    return 1 if deep and all(split_of(folders[1]) for folders in deep) else None


def _without_split(folders: tuple[str, ...], position: int | None) -> tuple[str | None, tuple[str, ...]]:
    """Return the split that the folder at a position names, and the other folders."""
    if position is None or position >= len(folders):
        return None, folders
    return split_of(folders[position]), (*folders[:position], *folders[position + 1 :])


def _common_depth(places: Sequence[tuple[str, ...]], signer_from: str | None) -> int:
    """Return how many folders hold everything, and so are no words. Raises DatasetUnreadable where that is unclear."""
    depth = 0
    while places and len({folders[: depth + 1] for folders in places}) == 1:
        deepest = max(map(len, places)) - depth
        if deepest < 2:
            break
        if deepest == 2 and signer_from is None and len(set(places)) > 1:
            raise DatasetUnreadable(
                f"everything lies in one folder, {places[0][depth]}: if the folders in it are words, name it instead; "
                f"if it is the one word and they are people, give --signer-from {FOLDER}"
            )
        if deepest == 2:
            break
        depth += 1
    return depth


def _is_pattern(signer_from: str | None) -> bool:
    return signer_from is not None and PLACE in signer_from
