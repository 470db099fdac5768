"""Extracts takes of unknown signs: what signers do that no word of a vocabulary means.

A network that is trained on the signs of its vocabulary alone is as sure of the nearest of them for any other sign.
Takes without a sign number are trained as "no sign" (Dhamija et al., "Reducing Network Agnostophobia", NeurIPS 2018).
Clips are cut as the daemon cuts a camera's stream: from the rise of a hand until both rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, takewhile
from pathlib import Path
from typing import Final

from tqdm import tqdm

from landmarkers.layout import DEFAULT_PARTS
from landmarkers.recording import RecordingUnreadable
from landmarkers.take import TAKE_SUFFIX, Provenance, StoredTake, Take, TakeDamaged
from landmarkers.tracking import FINGERPRINT
from models.activity_detection import RaisedHandSpotter
from models.manifest import SpotterSettings
from trainer.data.clip import DatasetUnreadable
from trainer.data.existing_takes import set_aside, take_path
from trainer.data.footage import read_landmarks

_MIN_FRAMES: Final = 4


@dataclass(frozen=True, slots=True)
class UnknownSigns:
    """The numbers of takes, of clips that have some and of clips without a raised hand, and what was unreadable."""

    takes: int
    clips: int
    empty: int
    unreadable: tuple[str, ...]


def extract_unknown_signs(clips: Sequence[Path], to: Path) -> UnknownSigns:
    """Write the takes of clips into a folder; a clip whose takes are there and newer is not read again.

    Raises DatasetUnreadable where two clips have the same name and folder name.
    """
    names = {clip: _name_of(clip) for clip in clips}
    twins = sorted(clip for clip, name in names.items() if list(names.values()).count(name) > 1)
    if twins:
        raise DatasetUnreadable(f"{twins[0]} and {twins[1]} would have one take; extract them into two folders")
    counts, unreadable = [], []
    for clip, name in tqdm(names.items(), desc="extract", unit="clip"):
        try:
            counts.append(_write_takes(clip, name, to))
        except (RecordingUnreadable, TakeDamaged) as error:
            unreadable.append(str(error))
    return UnknownSigns(sum(counts), len(counts) - counts.count(0), counts.count(0), tuple(unreadable))


def _name_of(clip: Path) -> str:
    return f"{clip.parent.name}/{clip.name.removesuffix(TAKE_SUFFIX).removesuffix(clip.suffix)}"


def _write_takes(clip: Path, name: str, to: Path) -> int:
    """Write the takes of a clip unless they are there, and set those aside that it no longer has."""
    paths = (take_path(to, f"{name}-{number}") for number in count())
    old = list(takewhile(Path.is_file, paths))
    if old and all(path.stat().st_mtime_ns > clip.stat().st_mtime_ns for path in old):
        return len(old)
    takes = list(_cut(clip, name))
    for number, take in enumerate(takes):
        take.save(take_path(to, f"{name}-{number}"))
    for path in old[len(takes) :]:
        set_aside(path)
    return len(takes)


def _cut(clip: Path, name: str) -> Iterator[Take]:
    is_take = clip.name.endswith(TAKE_SUFFIX)
    landmarker = StoredTake.load(clip).provenance.landmarker if is_take else FINGERPRINT
    spotter = RaisedHandSpotter(SpotterSettings(), landmarker)
    streams = (spotter.push(landmarks) for landmarks in read_landmarks(clip, DEFAULT_PARTS, landmarker))
    takes = [take for take in (*chain.from_iterable(streams), *spotter.flush()) if len(take) >= _MIN_FRAMES]
    for number, take in enumerate(takes):
        provenance = Provenance(f"{name}-{number}", landmarker, split="train")
        yield Take(take.points, take.times - take.times[0], provenance)
