"""Loads what streams are made of: takes of the signs that a bundle knows, and segments of rest."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from tqdm import tqdm

from landmarkers.errors import UserError
from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.take import Take
from models.labels import Sign
from trainer.data.clip import Clip
from trainer.data.clip_signs import number_clips
from trainer.data.dataset import ReadOptions, read_dataset
from trainer.data.executor import Executor
from trainer.data.extract import extract
from trainer.data.extraction_job import plan_jobs
from trainer.data.store import find_takes, takes_in
from trainer.evaluation.rest import MIN_REST_S, rest_segments

_ENOUGH_RESTS: Final = 4  # the search through a data set ends here
_MAX_RESTS: Final = 100  # the search through takes, which load faster, ends here
_CHUNK: Final = 24  # clips extracted before the rests are counted again


class StreamSourcesMissing(UserError):
    """No stream can be made of these clips; the message says what they lack."""


def load_sources(
    roots: Sequence[Path],
    options: ReadOptions,
    split: str,
    signs: Sequence[Sign],
    landmarker: str,
    scratch: Path,
    executor: Executor,
) -> tuple[list[Take], list[Take]]:
    """Load the takes of these signs in this split, and segments of rest from any take.

    Each of `roots` is a folder of takes or a data set, which is read with these options. Of a data set, the split's
    clips are extracted into `scratch`, and as many others as it takes to find enough rest. Raises StreamSourcesMissing,
    DatasetUnreadable, ExtractionFailed, TakeDamaged.
    """
    numbers = {sign.sign_id for sign in signs}
    selected: list[Take] = []
    rests: list[Take] = []
    for number, root in enumerate(roots):
        if any(takes_in(root)):
            found = _from_takes(root, split, numbers)
        else:
            clips = number_clips(read_dataset(root, options).clips, signs)
            found = _from_dataset(clips, split, numbers, landmarker, scratch / str(number), executor)
        selected += found[0]
        rests += found[1]
    names = " ".join(map(str, roots))
    if not selected:
        raise StreamSourcesMissing(f"{names} holds no clip of the signs and split asked for that the bundle knows")
    if not rests:
        raise StreamSourcesMissing(
            f"no clip in {names} shows both hands at rest for {MIN_REST_S} s, so there is no rest to put between "
            "signs; add a clip of one of its words in which they lie in view for a second before or after the sign"
        )
    return selected, rests


def _from_takes(root: Path, split: str, signs: Collection[int]) -> tuple[list[Take], list[Take]]:
    selected: list[Take] = []
    rests: list[Take] = []
    for take in _load(find_takes([root])):
        if take.provenance.sign_id in signs and split in (take.provenance.split, "all"):
            selected.append(take)
        if len(rests) < _MAX_RESTS:
            rests += rest_segments(take)
    return selected, rests


def _from_dataset(
    clips: Sequence[Clip], split: str, signs: Collection[int], landmarker: str, scratch: Path, executor: Executor
) -> tuple[list[Take], list[Take]]:
    wanted = [clip for clip in clips if clip.sign_id in signs and split in (clip.split, "all")]
    selected = _extract(wanted, landmarker, scratch, executor)
    rests = [rest for take in selected for rest in rest_segments(take)]
    # From the last sign on: those are words, and the hands lie down after words.
    others = sorted(set(clips) - set(wanted), key=lambda clip: (clip.sign_id, clip.name), reverse=True)
    while len(rests) < _ENOUGH_RESTS and others:
        takes = _extract(others[:_CHUNK], landmarker, scratch, executor)
        rests += [rest for take in takes for rest in rest_segments(take)]
        others = others[_CHUNK:]
    return selected, rests


def _load(paths: Sequence[Path]) -> Iterator[Take]:
    """Load the takes that are no variants and show a body."""
    takes = (Take.load(path) for path in tqdm(paths, desc="load", unit="take"))
    return (take for take in takes if take.provenance.variant == 0 and take.visible(Part.POSE).any())


def _extract(clips: Sequence[Clip], landmarker: str, scratch: Path, executor: Executor) -> list[Take]:
    jobs = plan_jobs(clips, DEFAULT_PARTS, landmarker, scratch, 0)
    extract(jobs, executor)
    return list(_load([job.to for job in jobs if job.to.is_file()]))
