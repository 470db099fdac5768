"""Extracts takes from the clips of a data set, in parallel and resumable.

Every clip gets a landmarker of its own, so a take does not depend on which clips a worker read before.
A take is written whole or not at all; a second run reads only the clips whose takes are missing.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tqdm import tqdm

from landmarkers.errors import UserError
from landmarkers.factory import LandmarkerUnavailable, open_landmarker
from landmarkers.frame import Landmarks
from landmarkers.layout import Part
from landmarkers.parsing import is_number
from landmarkers.plain_text import escape
from landmarkers.recording import RecordingUnreadable, read_recording
from landmarkers.take import MAX_FRAMES, TAKE_SUFFIX, Provenance, Take, TakeDamaged
from landmarkers.task_bundles import NetworksUnavailable
from trainer.data import holistic_pose
from trainer.data.clip import Clip
from trainer.data.executor import Executor, WorkerLost
from trainer.data.holistic_pose import read_landmarks
from trainer.data.video_augmentation import augment_video
from trainer.data.visibility import TakeVisibility
from trainer.data.watchdog import stall_limit
from trainer.targets import Kind, cannot_write, names_in

CLIP_TIMEOUT_S: Final = 60.0
"""Without a further frame; one takes a thirtieth of a second, and many times that on a busy machine."""

# The files that mark a folder of another kind.
_MARKS: Final = {"manifest.json": "a bundle", "run.json": "a run", "index.npz": "a store"}


def _find_foreign(folder: Path) -> str | None:
    marks = sorted(names_in(folder) & _MARKS.keys())
    return f"it holds {marks[0]}, as {_MARKS[marks[0]]} does" if marks else None


TAKES: Final = Kind("a folder of takes", _find_foreign)

ExtractionError = RecordingUnreadable | NetworksUnavailable | LandmarkerUnavailable | OSError


@dataclass(frozen=True, slots=True)
class ExtractionJob:
    """One take to extract: its clip, the variant of the clip, the body parts, the landmarker, and the take's file.

    A worker that finds no further frame for `timeout_s` is ended.
    """

    clip: Clip
    variant: int
    parts: frozenset[Part]
    landmarker: str
    to: Path
    timeout_s: float = CLIP_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """The numbers of takes created and found existing, the unreadable clips, and the visibility of all takes.

    `skipped` are the entries of the data set that are no clips, `notes` sentences that say how the others were read.
    """

    created: int
    existing: int
    unreadable: tuple[str, ...]
    takes: tuple[TakeVisibility, ...]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ExtractionFailed(UserError):
    """An extraction that cannot continue; the message gives the reason. Existing takes stay, and it can be resumed."""


def plan_jobs(
    clips: Sequence[Clip],
    parts: frozenset[Part],
    landmarker: str,
    out: Path,
    variants: int,
    timeout_s: float = CLIP_TIMEOUT_S,
) -> list[ExtractionJob]:
    """Return the jobs for all clips: each original and, for training clips, this number of augmented variants."""
    jobs = []
    for clip in clips:
        for variant in range(1 + (variants if clip.split == "train" else 0)):
            suffix = f"~{variant}" if variant else ""
            to = out / f"{clip.name}{suffix}{TAKE_SUFFIX}"
            jobs.append(ExtractionJob(clip, variant, parts, landmarker, to, timeout_s))
    return jobs


def extract(jobs: Sequence[ExtractionJob], executor: Executor) -> ExtractionReport:
    """Create the missing takes. Unreadable clips are listed in the report, not raised.

    Raises ExtractionFailed, ExecutorUnavailable, NetworksUnavailable, LandmarkerUnavailable.
    """
    takes, missing = [], []
    for job in tqdm(jobs, desc="scan", unit="take", leave=False):
        existing = _measure_existing(job)
        if existing is None:
            missing.append(job)
        else:
            takes.append(existing)
    prepare_folders({job.to.parent for job in missing})
    count = len(takes)
    unreadable = []
    if missing:
        for job, result in tqdm(executor.run(try_make_take, missing), total=len(missing), desc="extract", unit="clip"):
            if isinstance(result, TakeVisibility):
                takes.append(result)
            elif isinstance(result, WorkerLost):
                unreadable.append(f"{escape(str(job.clip.path))} {result}")
            elif isinstance(result, RecordingUnreadable):
                unreadable.append(str(result))
            elif isinstance(result, OSError):
                raise ExtractionFailed(
                    f"the take of {job.clip.path} cannot be created: {result.strerror or result}; run the command "
                    "again to resume"
                ) from result
            else:
                raise result
    return ExtractionReport(len(takes) - count, count, tuple(sorted(unreadable)), tuple(sorted(takes, key=_sort_key)))


def try_make_take(job: ExtractionJob) -> TakeVisibility | ExtractionError:
    """Create one take and return its visibility, or the error that prevented it."""
    try:
        return make_take(job)
    except (RecordingUnreadable, NetworksUnavailable, LandmarkerUnavailable, OSError) as error:
        return error


def make_take(job: ExtractionJob) -> TakeVisibility:
    """Find the landmarks of one clip, write its take and return its visibility.

    Raises RecordingUnreadable, NetworksUnavailable, LandmarkerUnavailable, OSError.
    """
    clip = job.clip
    is_pose = job.landmarker == holistic_pose.FINGERPRINT
    landmarks, fingerprint = (read_landmarks(clip.path), job.landmarker) if is_pose else _detect(job)
    provenance = Provenance(clip.name, fingerprint, clip.signer, clip.split, clip.sign_id, job.variant)
    take = Take.from_landmarks(landmarks, provenance)
    take.save(job.to)
    return TakeVisibility.of(take)


def _detect(job: ExtractionJob) -> tuple[list[Landmarks], str]:
    """Return the landmarks of each frame of a clip, and the fingerprint of what detected them."""
    landmarks = []
    with closing(open_landmarker(job.parts, job.landmarker)) as landmarker, stall_limit(job.timeout_s) as show_progress:
        frames = read_recording(job.clip.path, max_frames=MAX_FRAMES)
        if job.variant:
            frames = augment_video(frames, job.clip.name, job.variant)
        for frame in frames:
            landmarks.append(landmarker.detect(frame))
            show_progress()
        return landmarks, landmarker.fingerprint


def prepare_folders(folders: set[Path]) -> None:
    """Create the folders of takes, and delete the partial files of runs that were killed while writing.

    Raises TargetRefused.
    """
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from error
        for leftover in folder.glob(f".*{TAKE_SUFFIX}.*"):
            if is_number(leftover.suffix.removeprefix(".")):  # the process that wrote it, see Take.save
                leftover.unlink(missing_ok=True)


def _measure_existing(job: ExtractionJob) -> TakeVisibility | None:
    """Return the visibility of a job's existing take; None if it is missing or of another landmarker."""
    try:
        take = Take.load(job.to) if job.to.is_file() else None
    except TakeDamaged:
        return None
    if take is None or (take.provenance.clip, take.provenance.landmarker) != (job.clip.name, job.landmarker):
        return None
    return TakeVisibility.of(take)


def _sort_key(take: TakeVisibility) -> tuple[str, int]:
    return take.clip, take.variant
