"""Reads footage: clips and takes of which only is known that no sign of a vocabulary is made in them."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from landmarkers.factory import open_landmarker
from landmarkers.frame import Landmarks
from landmarkers.layout import Part
from landmarkers.recording import VIDEO_SUFFIXES, RecordingUnreadable, numbered_images, read_recording
from landmarkers.take import TAKE_SUFFIX, StoredTake


def find_footage(paths: Iterable[Path]) -> list[Path]:
    """Return the clips and takes that are named, and those in the named folders. Raises RecordingUnreadable."""
    found = []
    for path in paths:
        below = sorted(path.rglob("*")) if path.is_dir() else []
        clips = [candidate for candidate in (path, *below) if _is_clip(candidate)]
        if not clips:
            raise RecordingUnreadable(f"there is no clip and no take in {path}")
        found += clips
    return found


def read_landmarks(clip: Path, parts: frozenset[Part], landmarker: str) -> Iterator[Landmarks]:
    """Yield the landmarks of a clip, by the landmarker of this fingerprint, or those that a take holds.

    Raises RecordingUnreadable, TakeDamaged.
    """
    if clip.name.endswith(TAKE_SUFFIX):
        yield from StoredTake.load(clip).landmarks()  # footage may last an hour
        return
    with closing(open_landmarker(parts, landmarker)) as opened:
        for frame in read_recording(clip):
            yield opened.detect(frame)


def _is_clip(path: Path) -> bool:
    if path.is_dir():
        return bool(numbered_images(path))
    hidden = path.name.startswith(".")
    return not hidden and path.is_file() and (path.suffix.lower() in VIDEO_SUFFIXES or path.name.endswith(TAKE_SUFFIX))
