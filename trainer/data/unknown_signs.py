"""Extracts takes of unknown signs: what signers do that no word of a vocabulary means.

A network that is trained on the signs of its vocabulary alone is as sure of the nearest of them for any other sign.
Takes without a sign number are trained as "no sign" (Dhamija et al., "Reducing Network Agnostophobia", NeurIPS 2018).
Clips are cut as the daemon cuts a camera's stream: from the rise of a hand until both rest.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from tqdm import tqdm

from landmarkers.layout import DEFAULT_PARTS
from landmarkers.take import TAKE_SUFFIX, Provenance, StoredTake, Take
from landmarkers.tracking import FINGERPRINT
from models.activity_detection import RaisedHandSpotter
from models.manifest import SpotterSettings
from trainer.data.existing_takes import take_path
from trainer.data.footage import read_landmarks

_MIN_FRAMES: Final = 4


def extract_unknown_signs(clips: Sequence[Path], to: Path) -> tuple[int, int]:
    """Write the takes of clips into a folder; return how many clips had any, and how many takes there are now.

    A clip whose takes are there and newer is not read again. Raises RecordingUnreadable, TakeDamaged.
    """
    found = [_takes_of(clip, to) for clip in tqdm(clips, desc="extract", unit="clip")]
    return sum(count > 0 for count in found), sum(found)


def _takes_of(clip: Path, to: Path) -> int:
    name = clip.name.removesuffix(TAKE_SUFFIX).removesuffix(clip.suffix)
    done = [path for path in to.glob(f"{name}-*{TAKE_SUFFIX}") if path.stat().st_mtime_ns > clip.stat().st_mtime_ns]
    if done:
        return len(done)
    takes = list(_cut(clip, name))
    for number, take in enumerate(takes):
        take.save(take_path(to, f"{name}-{number}"))
    return len(takes)


def _cut(clip: Path, name: str) -> Iterator[Take]:
    is_take = clip.name.endswith(TAKE_SUFFIX)
    landmarker = StoredTake.load(clip).provenance.landmarker if is_take else FINGERPRINT
    provenance = Provenance(name, landmarker, split="train")
    spotter = RaisedHandSpotter(SpotterSettings(), landmarker)
    streams = (spotter.push(landmarks) for landmarks in read_landmarks(clip, DEFAULT_PARTS, landmarker))
    for take in (*chain.from_iterable(streams), *spotter.flush()):
        if len(take) >= _MIN_FRAMES:
            yield Take(take.points, take.times - take.times[0], provenance)
