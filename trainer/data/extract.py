"""Turns the clips of a data set into takes, in parallel and resumable.

Every clip gets a landmarker of its own, so a take does not depend on which clips a worker read before.
A take is written whole or not at all; running again reads only the clips whose takes are missing.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from landmarkers.errors import UserError
from landmarkers.factory import LandmarkerUnavailable, open_landmarker
from landmarkers.layout import Part
from landmarkers.recording import RecordingUnreadable, read_recording
from landmarkers.take import TAKE_SUFFIX, Provenance, Take, TakeDamaged
from landmarkers.task_bundles import NetworksUnavailable
from trainer.data.dataset import Clip
from trainer.data.executor import Engine, WorkerLost
from trainer.data.video_augmentation import vary
from trainer.data.visibility import Seen


@dataclass(frozen=True, slots=True)
class Job:
    """One take to make: of which clip, which view of it, with which parts by which landmarker, into which file."""

    clip: Clip
    variant: int
    parts: frozenset[Part]
    landmarker: str
    to: Path


@dataclass(frozen=True, slots=True)
class Report:
    """Takes made, takes found there already, the clips that could not be read, and what all takes show."""

    made: int
    there: int
    unreadable: tuple[str, ...]
    seen: tuple[Seen, ...]


class ExtractionBroken(UserError):
    """Takes that cannot be made; the message says why. What was made stays, and running again goes on."""


def plan(clips: Sequence[Clip], parts: frozenset[Part], landmarker: str, out: Path, variants: int) -> list[Job]:
    """The jobs for all clips: each as it is and, for training clips, so many other views of it."""
    jobs = []
    for clip in clips:
        for variant in range(1 + (variants if clip.split == "train" else 0)):
            suffix = f"~{variant}" if variant else ""
            jobs.append(Job(clip, variant, parts, landmarker, out / f"{clip.name}{suffix}{TAKE_SUFFIX}"))
    return jobs


def extract(jobs: Sequence[Job], engine: Engine) -> Report:
    """Make the takes that are missing. Clips that cannot be read are named in the report, not raised.

    Raises ExtractionBroken, EngineUnavailable, NetworksUnavailable, LandmarkerUnavailable.
    """
    seen, missing = [], []
    for job in tqdm(jobs, desc="look", unit="take", leave=False):
        there = _look(job)
        if there is None:
            missing.append(job)
        else:
            seen.append(there)
    sweep({job.to.parent for job in missing})
    count = len(seen)
    unreadable = []
    if missing:
        for job, answer in tqdm(engine.run(attempt, missing), total=len(missing), desc="extract", unit="clip"):
            if isinstance(answer, Seen):
                seen.append(answer)
            elif isinstance(answer, WorkerLost):
                unreadable.append(f"{job.clip.path} ended its worker at each of {answer.attempts} attempts")
            elif isinstance(answer, RecordingUnreadable):
                unreadable.append(str(answer))
            elif isinstance(answer, OSError):
                raise ExtractionBroken(
                    f"no take of {job.clip.path} can be made: {answer}; run again to go on"
                ) from answer
            else:
                raise answer
    return Report(len(seen) - count, count, tuple(sorted(unreadable)), tuple(sorted(seen, key=_order)))


def attempt(job: Job) -> Seen | RecordingUnreadable | NetworksUnavailable | LandmarkerUnavailable | OSError:
    """Make one take, and answer with what it shows or with why it could not be made."""
    try:
        return make_take(job)
    except (RecordingUnreadable, NetworksUnavailable, LandmarkerUnavailable, OSError) as error:
        return error


def make_take(job: Job) -> Seen:
    """Find the landmarks of one clip, write its take and tell what it shows.

    Raises RecordingUnreadable, NetworksUnavailable, LandmarkerUnavailable, OSError.
    """
    frames = read_recording(job.clip.path)
    if job.variant:
        frames = vary(frames, job.clip.name, job.variant)
    with closing(open_landmarker(job.parts, job.landmarker)) as landmarker:
        stretch = [landmarker.detect(frame) for frame in frames]
        fingerprint = landmarker.fingerprint
    clip = job.clip
    take = Take.from_landmarks(
        stretch, Provenance(clip.name, fingerprint, clip.signer, clip.split, clip.sign_id, job.variant)
    )
    take.save(job.to)
    return Seen.of(take)


def sweep(folders: set[Path]) -> None:
    """Make the folders of takes, and remove what runs that were killed while they wrote have left there."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f".*{TAKE_SUFFIX}.*"):
            leftover.unlink(missing_ok=True)


def _look(job: Job) -> Seen | None:
    """What the take of a job shows; None where there is none yet, or one of another landmarker."""
    try:
        take = Take.load(job.to) if job.to.is_file() else None
    except TakeDamaged:
        return None
    if take is None or (take.provenance.clip, take.provenance.landmarker) != (job.clip.name, job.landmarker):
        return None
    return Seen.of(take)


def _order(take: Seen) -> tuple[str, int]:
    return take.clip, take.variant
