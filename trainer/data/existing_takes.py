"""Finds which takes of earlier extractions are still right, and which are left over by clips that moved or are gone.

A take is right if it is of the clip's present content and has the body parts that are asked for. One of an earlier
release, which does not know its clip's content, is believed if it is not older than the clip, as `make` does. Nothing
is deleted: takes whose clips are gone or changed are renamed, so that no training finds them, and are put back into
use when their clips return.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Final

from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.take import TAKE_SUFFIX, Extraction, StoredTake, TakeDamaged
from trainer.data.clip import Clip
from trainer.data.clip_content import ClipStatus, sha256_of

UNUSED: Final = f"{TAKE_SUFFIX}.unused"


class State(Enum):
    """The state of an existing take: it is right, its clip's content must be compared, or it must be made anew."""

    RIGHT = auto()
    DOUBTFUL = auto()
    WRONG = auto()


def load_take(path: Path) -> StoredTake | None:
    """Return a take; None if it is missing or damaged."""
    try:
        return StoredTake.load(path) if path.is_file() else None
    except TakeDamaged:
        return None


def state_of(
    path: Path, take: StoredTake, clip: Clip, status: ClipStatus, landmarker: str, parts: frozenset[Part]
) -> State:
    """Return whether a take is of this clip, which has this status, and of the landmarker and parts. Raises OSError."""
    provenance, known = take.provenance, take.provenance.extraction
    if provenance.landmarker != landmarker or not has_parts(take, parts):
        return State.WRONG
    if known is None:
        is_newer = path.stat().st_mtime_ns >= status.modified_ns
        return State.DOUBTFUL if is_newer and provenance.clip == clip.name else State.WRONG
    return State.RIGHT if status == ClipStatus(known.clip_bytes, known.clip_modified_ns) else State.DOUBTFUL


def is_changed(clip: Path, status: ClipStatus, known: Extraction) -> bool:
    """Return whether a clip of this status has another content than the one that is known. Raises OSError."""
    if status == ClipStatus(known.clip_bytes, known.clip_modified_ns):
        return False
    return status.size != known.clip_bytes or sha256_of(clip) != known.clip_sha256


def has_parts(take: StoredTake, parts: frozenset[Part]) -> bool:
    """Return whether a take was extracted with these parts; those of an earlier release always have the hands."""
    known = take.provenance.extraction
    return parts <= (frozenset(known.parts) if known is not None else DEFAULT_PARTS | take.parts.keys())


def take_path(folder: Path, clip_name: str, variant: int = 0) -> Path:
    """Return the file of a take in a folder of takes."""
    return folder / f"{clip_name}{f'~{variant}' if variant else ''}{TAKE_SUFFIX}"


def set_aside(path: Path) -> Path:
    """Rename a take so that it is no longer used, and return its new path. Raises OSError."""
    return path.replace(path.with_name(path.name.removesuffix(TAKE_SUFFIX) + UNUSED))


@dataclass(frozen=True, slots=True)
class Variant:
    """A further variant of a clip, and the file of the take of the clip as it was recorded."""

    take: StoredTake
    original: Path

    def is_wrong(self) -> bool:
        """Return whether the take is not what the extraction of this variant would now make."""
        original = load_take(self.original)
        if original is None:
            return False
        now, before = original.provenance, self.take.provenance
        is_changed = (
            now.extraction is not None
            and before.extraction is not None
            and now.extraction.clip_sha256 != before.extraction.clip_sha256
        )
        return (
            is_changed
            or now.split != "train"
            or now.landmarker != before.landmarker
            or not has_parts(self.take, frozenset(now.extraction.parts if now.extraction else ()))
        )


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The takes in a folder that no job makes, by their paths.

    `gone` are of clips that the data set no longer holds, `variants` are further variants of clips that it holds,
    `unused` were set aside earlier. `others` are of other data sets, or of an earlier release, which did not say.
    """

    gone: dict[Path, StoredTake] = field(default_factory=dict)
    variants: dict[Path, Variant] = field(default_factory=dict)
    unused: dict[Path, StoredTake] = field(default_factory=dict)
    others: list[Path] = field(default_factory=list)

    def by_size(self) -> dict[int, list[tuple[Path, StoredTake]]]:
        """Return the takes that may be those of clips that moved or returned, by the bytes of the clip."""
        found = defaultdict(list)
        for path, take in (*self.gone.items(), *self.unused.items()):
            if take.provenance.extraction is not None:
                found[take.provenance.extraction.clip_bytes].append((path, take))
        return found


def find_leftovers(
    folder: Path, dataset: str, made: Iterable[Path], clips: Iterable[Clip], passed_over: Iterable[Clip]
) -> Leftovers:
    """Return the takes in a folder beside those `made` by jobs for these clips.

    Takes of clips that were not asked for, of the same data set, are right where they are.
    """
    originals = {take_path(folder, clip.name) for clip in clips}
    ignored = {take_path(folder, clip.name) for clip in passed_over} | set(made)
    found = Leftovers()
    for path in sorted(folder.rglob(f"*{TAKE_SUFFIX}*")):
        is_unused = path.name.endswith(UNUSED)
        original = path.with_name(re.sub(rf"(~[0-9]+)?{re.escape(TAKE_SUFFIX)}$", TAKE_SUFFIX, path.name))
        if path.name.startswith(".") or path in ignored or original in ignored - originals:
            continue
        take = load_take(path) if is_unused or path.name.endswith(TAKE_SUFFIX) else None
        if take is None:
            continue
        known = take.provenance.extraction
        if is_unused:
            found.unused[path] = take
        elif original in originals:
            found.variants[path] = Variant(take, original)
        elif known is not None and known.dataset == dataset:
            found.gone[path] = take
        else:
            found.others.append(path)
    return found
