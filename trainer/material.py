"""What running streams are made of: takes of the signs that a bundle knows, and stretches of rest."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from landmarkers.layout import DEFAULT_PARTS
from landmarkers.take import TAKE_SUFFIX, Take
from trainer.dataset import Clip, find_clips
from trainer.extract import extract, plan
from trainer.store import find_takes
from trainer.streams import REST_HELD_S, rest_stretches

ENOUGH_RESTS: Final = 8
_AT_ONCE: Final = 48  # clips that are read before it is seen whether there is rest enough


class MaterialLacking(Exception):
    """Clips of which no stream can be made; the message says what they lack."""


def gather(
    root: Path, split: str, signs: Collection[int], landmarker: str, scratch: Path, workers: int
) -> tuple[list[Take], list[Take]]:
    """The takes of these signs in this split and stretches of rest from any take, of a folder of takes or a data set.

    Of a data set, the split's clips are read into `scratch`, and of the others as many as it takes to find rest.
    Raises MaterialLacking, DatasetUnreadable, ExtractionBroken, TakeDamaged.
    """
    if any(root.rglob(f"*{TAKE_SUFFIX}")):
        paths = find_takes([root])
        chosen = [take for take in _clips_themselves(paths) if _wanted(take, split, signs)]
        rests = _rests(_clips_themselves(paths))
    else:
        clips = find_clips(root)
        mine = [clip for clip in clips if clip.sign_id in signs and split in (clip.split, "all")]
        chosen = _extracted(mine, landmarker, scratch, workers)
        rests = _rests(chosen)
        # From the last sign on: those are words, and it is after words that hands lie down.
        others = [clip for clip in clips if clip not in mine][::-1]
        while len(rests) < ENOUGH_RESTS and others:
            rests += _rests(_extracted(others[:_AT_ONCE], landmarker, scratch, workers))
            others = others[_AT_ONCE:]
    if not chosen:
        raise MaterialLacking(f"{root} holds no clip of the signs and split asked for that the bundle knows")
    if not rests:
        raise MaterialLacking(
            f"no clip in {root} shows both hands lying down for {REST_HELD_S} s: there is no rest to put between signs"
        )
    return chosen, rests


def _clips_themselves(paths: Iterable[Path]) -> Iterable[Take]:
    return (take for take in map(Take.load, paths) if take.origin.variant == 0)


def _wanted(take: Take, split: str, signs: Collection[int]) -> bool:
    return take.origin.sign_id in signs and split in (take.origin.split, "all")


def _rests(takes: Iterable[Take]) -> list[Take]:
    found: list[Take] = []
    for take in takes:
        found += rest_stretches([take])
        if len(found) >= ENOUGH_RESTS:
            break
    return found


def _extracted(clips: list[Clip], landmarker: str, scratch: Path, workers: int) -> list[Take]:
    jobs = plan(clips, DEFAULT_PARTS, landmarker, scratch, 0)
    extract(jobs, workers)
    return [Take.load(job.to) for job in jobs if job.to.is_file()]
