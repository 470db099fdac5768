"""The content of the folder of a data set: clips in any place, and everything else.

Litter that systems and programs leave behind is ignored, and so is what this program writes.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePath
from typing import Final

from landmarkers.recording import VIDEO_SUFFIXES, is_numbered_image
from landmarkers.take import TAKE_SUFFIX
from trainer.data.pose_file import POSE_SUFFIX

_LITTER: Final = frozenset(
    {
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "@eadir",
        "#recycle",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "__macosx",
        "__pycache__",
    }
)
_OWN: Final = frozenset({"karsl-502_labels.xlsx", "labels.csv", "labels.json", "labels.xlsx"})
_PACKED: Final = re.compile(r"\.(zip|rar|7z|tar|tgz|gz|bz2|xz|zst)(\.[0-9]{3})?", re.IGNORECASE | re.ASCII)


class Kind(Enum):
    """The kinds of entry."""

    VIDEO = "video"
    PICTURES = "folder of numbered pictures"
    EMPTY = "empty folder"
    OTHER = "other file"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder; `parts` are the names that lead to it from the data set's root."""

    path: Path
    parts: tuple[str, ...]
    kind: Kind

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders between the root and this entry."""
        return self.parts[:-1]

    @property
    def stem(self) -> str:
        """The name, of a file without its suffix."""
        return PurePath(self.parts[-1]).stem if self.kind is Kind.VIDEO else self.parts[-1]

    @property
    def is_clip(self) -> bool:
        """Return True if a reader may take this for a clip. An empty folder may be one, whose pictures are lacking."""
        return self.kind in (Kind.VIDEO, Kind.PICTURES, Kind.EMPTY)

    @property
    def reason_to_skip(self) -> str:
        """Say why nobody reads this entry."""
        if self.kind is Kind.UNREADABLE:
            return "cannot be opened, or its name is not UTF-8"
        if self.kind is Kind.EMPTY:
            return "an empty folder"
        if self.is_clip:
            return "a clip outside the layout"
        if _suffix(self.parts[-1]) == POSE_SUFFIX:
            return "key points, which import-pose reads"
        return "packed" if _PACKED.search(self.parts[-1]) else "no clip"

    def __str__(self) -> str:
        return os.fsencode("/".join(self.parts)).decode(errors="replace")


def walk(root: Path, suffixes: frozenset[str] = VIDEO_SUFFIXES) -> Iterator[Entry]:
    """Yield what lies below a folder, with files of these suffixes as clips.

    Links are followed, except back to where they come from.
    """
    yield from _walk(root, (), frozenset(), suffixes)


def kind_of(path: Path, suffixes: frozenset[str] = VIDEO_SUFFIXES) -> Kind:
    """Return what a path is that a list names."""
    if path.is_dir():
        return _kind_of_folder([one.name for one in path.iterdir() if not _is_litter(one.name)], suffixes)
    return Kind.VIDEO if path.suffix.lower() in suffixes else Kind.OTHER


def _walk(
    folder: Path, parts: tuple[str, ...], above: frozenset[tuple[int, int]], suffixes: frozenset[str]
) -> Iterator[Entry]:
    try:
        status = folder.stat()
        found = sorted((entry for entry in os.scandir(folder) if not _is_litter(entry.name)), key=lambda one: one.name)
    except OSError:
        yield Entry(folder, parts, Kind.UNREADABLE)
        return
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    folders = [entry.name for entry in found if entry.is_dir()]
    files = [entry.name for entry in found if not entry.is_dir()]
    kind = _kind_of_folder([*folders, *files], suffixes)
    if parts and kind is not Kind.OTHER:
        yield Entry(folder, parts, kind)
    for name in files:
        is_frame = parts and kind is Kind.PICTURES and is_numbered_image(name)
        if not is_frame and not _is_own(name):
            file_kind = Kind.VIDEO if _suffix(name) in suffixes else Kind.OTHER
            yield Entry(folder / name, (*parts, name), file_kind if _is_utf8(name) else Kind.UNREADABLE)
    for name in folders:
        if _is_utf8(name):
            yield from _walk(folder / name, (*parts, name), above | {identity}, suffixes)
        else:
            yield Entry(folder / name, (*parts, name), Kind.UNREADABLE)


def _kind_of_folder(names: list[str], suffixes: frozenset[str]) -> Kind:
    """Return what a folder with these names in it is; OTHER if it is only the place of further entries."""
    if not names:
        return Kind.EMPTY
    if any(_suffix(name) in suffixes for name in names):  # pictures beside them are pictures
        return Kind.OTHER
    return Kind.PICTURES if any(map(is_numbered_image, names)) else Kind.OTHER


def _suffix(name: str) -> str:
    _, dot, suffix = name.rpartition(".")
    return f"{dot}{suffix.lower()}"


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LITTER


def _is_own(name: str) -> bool:
    return name.lower() in _OWN or name.endswith(TAKE_SUFFIX)


def _is_utf8(name: str) -> bool:
    return os.fsencode(name).decode(errors="replace") == name
