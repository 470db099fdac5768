"""What running streams are made of: takes of the signs that a bundle knows, and stretches of rest."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from tqdm import tqdm

from landmarkers.errors import UserError
from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.take import TAKE_SUFFIX, Take
from trainer.data.dataset import Clip, find_clips
from trainer.data.executor import Executor
from trainer.data.extract import extract, plan_jobs
from trainer.data.store import find_takes
from trainer.evaluation.streams import MIN_REST_S, rest_segments

_ENOUGH_RESTS: Final = 4  # a data set is searched no further
_MOST_RESTS: Final = 100  # nor are takes, which are read faster
_AT_ONCE: Final = 24  # clips that are read before it is seen whether there is rest enough


class StreamSourcesMissing(UserError):
    """Clips of which no stream can be made; the message says what they lack."""


def load_sources(
    root: Path, split: str, signs: Collection[int], landmarker: str, scratch: Path, engine: Executor
) -> tuple[list[Take], list[Take]]:
    """The takes of these signs in this split and stretches of rest from any take, of a folder of takes or a data set.

    Of a data set, the split's clips are read into `scratch`, and of the others as many as it takes to find rest.
    Raises MaterialLacking, DatasetUnreadable, ExtractionBroken, TakeDamaged.
    """
    if any(root.rglob(f"*{TAKE_SUFFIX}")):
        takes = _loaded(find_takes([root]))
        chosen: list[Take] = []
        rests: list[Take] = []
        for take in takes:
            if take.provenance.sign_id in signs and split in (take.provenance.split, "all"):
                chosen.append(take)
            if len(rests) < _MOST_RESTS:
                rests += rest_segments(take)
    else:
        clips = find_clips(root)
        mine = [clip for clip in clips if clip.sign_id in signs and split in (clip.split, "all")]
        chosen = _extracted(mine, landmarker, scratch, engine)
        rests = [rest for take in chosen for rest in rest_segments(take)]
        # From the last sign on: those are words, and it is after words that hands lie down.
        others = sorted(set(clips) - set(mine), key=lambda clip: (clip.sign_id, clip.name), reverse=True)
        while len(rests) < _ENOUGH_RESTS and others:
            read = _extracted(others[:_AT_ONCE], landmarker, scratch, engine)
            rests += [rest for take in read for rest in rest_segments(take)]
            others = others[_AT_ONCE:]
    if not chosen:
        raise StreamSourcesMissing(f"{root} holds no clip of the signs and split asked for that the bundle knows")
    if not rests:
        raise StreamSourcesMissing(
            f"no clip in {root} shows both hands lying down for {MIN_REST_S} s: there is no rest to put between signs"
        )
    return chosen, rests


def _loaded(paths: Sequence[Path]) -> Iterator[Take]:
    """The takes of clips as they were recorded in which a body is seen."""
    takes = (Take.load(path) for path in tqdm(paths, desc="load", unit="take"))
    return (take for take in takes if take.provenance.variant == 0 and take.visible(Part.POSE).any())


def _extracted(clips: list[Clip], landmarker: str, scratch: Path, engine: Executor) -> list[Take]:
    jobs = plan_jobs(clips, DEFAULT_PARTS, landmarker, scratch, 0)
    extract(jobs, engine)
    return list(_loaded([job.to for job in jobs if job.to.is_file()]))
