"""Data sets of sign clips on disk, in any of the layouts of `layouts/`.

The layout is the one in which most of the clips can be read; a layout that names its clips comes before one of folders
alone. Whatever is not read is counted and named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from landmarkers.numbers import is_number
from landmarkers.recording import VIDEO_SUFFIXES
from models.sign_number import number_of_word
from trainer.data.clip import Clip, DatasetUnreadable
from trainer.data.hold_out import AUTO, hold_out
from trainer.data.layouts import autsl, clip_list, karsl, lsa64, wlasl, word_folders
from trainer.data.layouts.content import Entry, Kind, walk
from trainer.data.layouts.reading import Description, Reader, Reading

LAYOUTS: Final[dict[str, Reader]] = {
    "WLASL's list": wlasl.read,
    "AUTSL's file names": autsl.read,
    "LSA64's file names": lsa64.read,
    "KArSL's layout": karsl.read,
}


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The place where folders of words name the signer (word_folders.py), and the clips to hold out (hold_out.py).

    Clips are the files of these suffixes and, where they are those of videos, folders of numbered pictures.
    """

    signer_from: str | None = None
    hold_out: str = AUTO
    suffixes: frozenset[str] = VIDEO_SUFFIXES


@dataclass(frozen=True, slots=True)
class Dataset:
    """The clips of a data set, ordered by name, what was not read, and sentences that say how the others were read.

    `passed_over` are clips that were read but not asked for.
    """

    clips: tuple[Clip, ...]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    passed_over: tuple[Clip, ...] = ()


def read_dataset(root: Path, options: ReadOptions | None = None) -> Dataset:
    """Read a data set from its folder, or from a list of its clips. Raises DatasetUnreadable if there are no clips."""
    options = options or ReadOptions()
    if not root.exists():
        raise DatasetUnreadable(f"the data set folder {root} does not exist")
    entries = list(walk(root, options.suffixes)) if root.is_dir() else []
    if options.suffixes != VIDEO_SUFFIXES:
        entries = [entry for entry in entries if entry.kind is not Kind.PICTURES]
    layout, reading = _read(root, entries, options)
    used = {entry.parts for entry, _ in reading.clips} | {entry.parts for entry in reading.lists}
    unread = [f"{entry} ({entry.reason_to_skip})" for entry in entries if entry.parts not in used]
    skipped = (*reading.missing, *unread)
    if not reading.clips:
        raise DatasetUnreadable(_describe_unread(root, skipped))
    has_split = any(description.split for _, description in reading.clips)
    clips, held_out = hold_out(_make_clips(reading), options.hold_out, has_split=has_split)
    notes = [f"read as {layout}: {_count(clips)}", *([] if held_out is None else [held_out])]
    return Dataset(tuple(sorted(clips)), skipped, tuple(notes))


def _read(root: Path, entries: Sequence[Entry], options: ReadOptions) -> tuple[str, Reading]:
    """Return the layout with its reading."""
    table = root / clip_list.NAME if root.is_dir() else root
    if root.is_file() and root.suffix.lower() != ".csv":
        raise DatasetUnreadable(
            f"{root} is a file; name the folder of the data set, or a CSV file that lists its clips"
        )
    if table.is_file():
        return f"the list {table.name}", clip_list.read(table, options.suffixes)
    readings = {} if options.signer_from else {name: read(entries) for name, read in LAYOUTS.items()}
    best = max(readings, key=lambda name: len(readings[name].clips), default=None)
    if best is not None and 2 * len(readings[best].clips) >= sum(entry.is_clip for entry in entries) > 0:
        return best, readings[best]
    words = word_folders.read(entries, options.signer_from)
    if best is not None and len(readings[best].clips) >= len(words.clips):
        return best, readings[best]
    return "a folder for each word", words


def _make_clips(reading: Reading) -> list[Clip]:
    names: set[str] = set()
    clips = []
    for entry, description in sorted(reading.clips, key=lambda clip: _order(clip[0])):
        name = _name(entry, names)
        names.add(name)
        clips.append(_make_clip(name, entry.path, description))
    return clips


def _make_clip(name: str, path: Path, description: Description) -> Clip:
    sign, signer, split = description.sign, description.signer, description.split or "train"
    if isinstance(sign, int):
        return Clip(name, path, sign, signer, split)
    return Clip(name, path, number_of_word(sign), signer, split, sign, description.word_en)


def _order(entry: Entry) -> tuple[tuple[str, ...], str, bool, str]:
    """Order clips so that of those with one stem a folder comes first, then `.mp4`, then the others by suffix."""
    suffix = "" if entry.kind is not Kind.VIDEO else PurePath(entry.parts[-1]).suffix
    return entry.folders, entry.stem, suffix not in ("", ".mp4"), suffix


def _name(entry: Entry, taken: set[str]) -> str:
    """Return the path without the suffix, or with it where another clip has that name or it looks like its variant."""
    short, whole = "/".join((*entry.folders, entry.stem)), "/".join(entry.parts)
    base, _, variant = short.rpartition("~")
    if is_number(variant) and base in taken:
        short = whole.replace("~", "-")
    return next(name for name in (short, whole, f"{whole}_") if name not in taken)


def _count(clips: Sequence[Clip]) -> str:
    signs, signers = {clip.sign_id for clip in clips}, sorted({clip.signer for clip in clips if clip.signer})
    named = f"{', '.join(signers[:5])}{' and others' * (len(signers) > 5)}"
    by = f"{_plural(len(signers), 'signer')} ({named})" if signers else "unknown signers"
    return f"{_plural(len(clips), 'clip')} of {_plural(len(signs), 'sign')} by {by}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _describe_unread(root: Path, skipped: Sequence[str]) -> str:
    held = f"; it holds or lists {len(skipped)} entries, for example {skipped[0]}" if skipped else ""
    return (
        f"{root} holds no clips as <signer>/<signer>/<train|test>/<sign>/<clip>, <sign>.mp4, <word>/<clip>, nor in "
        f"another layout of docs/datasets.md{held}"
    )
