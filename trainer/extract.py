"""Turns the clips of a data set into takes, in parallel and resumable.

Every clip gets a landmarker of its own, so a take does not depend on which clips a worker read before.
A take is written whole or not at all; running again reads only the clips whose takes are missing.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from landmarkers.choice import open_landmarker
from landmarkers.layout import Part
from landmarkers.recording import RecordingUnreadable, read_recording
from landmarkers.take import TAKE_SUFFIX, Origin, Take, TakeDamaged
from trainer.dataset import Clip
from trainer.variants import vary


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
    """What an extraction did: takes made, takes found there already, and the clips it could not read."""

    made: int
    there: int
    unreadable: tuple[str, ...]


class ExtractionBroken(Exception):
    """A worker died; what was made stays, and running again goes on."""


def plan(clips: Sequence[Clip], parts: frozenset[Part], landmarker: str, out: Path, variants: int) -> list[Job]:
    """The jobs for all clips: each as it is and, for training clips, so many other views of it."""
    jobs = []
    for clip in clips:
        for variant in range(1 + (variants if clip.split == "train" else 0)):
            suffix = f"~{variant}" if variant else ""
            jobs.append(Job(clip, variant, parts, landmarker, out / f"{clip.name}{suffix}{TAKE_SUFFIX}"))
    return jobs


def extract(jobs: Sequence[Job], workers: int) -> Report:
    """Make the takes that are missing. Clips that cannot be read are named in the report, not raised.

    Raises ExtractionBroken.
    """
    missing = [job for job in jobs if not _is_made(job)]
    for folder in {job.to.parent for job in missing}:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f".*{TAKE_SUFFIX}.*"):
            leftover.unlink(missing_ok=True)  # of a run that was killed while it wrote
    if not missing:
        return Report(0, len(jobs), ())
    unreadable = []
    # A fresh interpreter for each worker: threads do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_be_quiet) as pool:
        running = {pool.submit(make_take, job): job for job in missing}
        for done in tqdm(as_completed(running), total=len(missing), desc="extract", unit="clip"):
            try:
                done.result()
            except RecordingUnreadable as error:
                unreadable.append(str(error))
            except BrokenProcessPool as error:
                raise ExtractionBroken("a worker died, perhaps for want of memory; run again to go on") from error
    return Report(len(missing) - len(unreadable), len(jobs) - len(missing), tuple(sorted(unreadable)))


def make_take(job: Job) -> None:
    """Find the landmarks of one clip and write its take. Raises RecordingUnreadable."""
    frames = read_recording(job.clip.path)
    if job.variant:
        frames = vary(frames, job.clip.name, job.variant)
    with closing(open_landmarker(job.parts, job.landmarker)) as landmarker:
        stretch = [landmarker.locate(frame) for frame in frames]
        fingerprint = landmarker.fingerprint
    clip = job.clip
    Take.of(stretch, Origin(clip.name, fingerprint, clip.signer, clip.split, clip.sign_id, job.variant)).save(job.to)


def _is_made(job: Job) -> bool:
    try:
        origin = Take.load(job.to).origin if job.to.is_file() else None
    except TakeDamaged:
        return False
    return origin is not None and (origin.clip, origin.landmarker) == (job.clip.name, job.landmarker)


def _be_quiet() -> None:
    """Send what the networks' runtime prints on start nowhere; the progress bar keeps the terminal."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
