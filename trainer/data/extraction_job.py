"""The extraction of one take: what is asked for, and how it is made or kept from an earlier extraction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from landmarkers.factory import LandmarkerUnavailable, open_landmarker
from landmarkers.frame import Landmarks
from landmarkers.layout import Part, parts_in_order
from landmarkers.recording import RecordingUnreadable, read_recording
from landmarkers.take import MAX_FRAMES, Extraction, Provenance, StoredTake, Take
from landmarkers.task_bundles import NetworksUnavailable
from trainer.data import holistic_pose
from trainer.data.clip import Clip
from trainer.data.clip_content import ClipStatus, sha256_of
from trainer.data.existing_takes import has_parts, load_take, take_path
from trainer.data.video_augmentation import augment_video
from trainer.data.visibility import TakeVisibility
from trainer.data.watchdog import stall_limit

CLIP_TIMEOUT_S: Final = 60.0
"""Without a further frame; one takes a thirtieth of a second, and many times that on a busy machine."""

ExtractionError = RecordingUnreadable | NetworksUnavailable | LandmarkerUnavailable | OSError


@dataclass(frozen=True, slots=True)
class ExtractionJob:
    """One take to extract: its clip, the variant of the clip, the body parts, the landmarker, and the take's file.

    A worker that finds no further frame for `timeout_s` is ended. `dataset` identifies the data set. `candidates` are
    files of takes that may already be of this clip.
    """

    clip: Clip
    variant: int
    parts: frozenset[Part]
    landmarker: str
    to: Path
    timeout_s: float = CLIP_TIMEOUT_S
    dataset: str = ""
    candidates: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class MadeTake:
    """A take that was made, or kept from the file `source` because it is of the same content."""

    take: TakeVisibility
    source: Path | None = None


def try_make_take(job: ExtractionJob) -> MadeTake | ExtractionError:
    """Create one take and return its visibility, or the error that prevented it."""
    try:
        return make_take(job)
    except (RecordingUnreadable, NetworksUnavailable, LandmarkerUnavailable, OSError) as error:
        return error


def make_take(job: ExtractionJob) -> MadeTake:
    """Find the landmarks of one clip and write its take, unless one of the candidates is of the same content.

    Raises RecordingUnreadable, NetworksUnavailable, LandmarkerUnavailable, OSError.
    """
    with stall_limit(job.timeout_s) as show_progress:
        extraction = _extraction_of(job)  # before the clip is read: what changes it meanwhile is noticed later
        show_progress()
        source, take = next(_same_content(job, extraction), (None, None))
        if take is None:
            is_pose = job.landmarker == holistic_pose.FINGERPRINT
            landmarks, landmarker = (
                (holistic_pose.read_landmarks(job.clip.path), job.landmarker)
                if is_pose
                else _detect(job, show_progress)
            )
            take = Take.from_landmarks(landmarks, provenance_of(job, landmarker, extraction)).stored()
    take.save(job.to)
    return MadeTake(TakeVisibility.of(take), source)


def _same_content(job: ExtractionJob, extraction: Extraction) -> Iterator[tuple[Path, StoredTake]]:
    """Yield the candidates that are of a job's content, with the job's provenance."""
    for path in job.candidates:
        take = load_take(path)
        known = None if take is None else take.provenance.extraction
        if take is not None and (known is None or known.clip_sha256 == extraction.clip_sha256):
            parts = parts_in_order(job.parts | take.parts.keys()) if known is None else known.parts
            provenance = provenance_of(job, take.provenance.landmarker, replace(extraction, parts=parts))
            yield path, replace(take, provenance=provenance)


def _detect(job: ExtractionJob, show_progress: Callable[[], None]) -> tuple[list[Landmarks], str]:
    """Return the landmarks of each frame of a clip, and the fingerprint of what detected them."""
    landmarks = []
    with closing(open_landmarker(job.parts, job.landmarker)) as landmarker:
        frames = read_recording(job.clip.path, max_frames=MAX_FRAMES)
        if job.variant:
            frames = augment_video(frames, job.clip.name, job.variant)
        for frame in frames:
            landmarks.append(landmarker.detect(frame))
            show_progress()
        return landmarks, landmarker.fingerprint


def _extraction_of(job: ExtractionJob) -> Extraction:
    clip = job.clip.path
    try:
        status = ClipStatus.of(clip)
        return Extraction(job.dataset, parts_in_order(job.parts), status.size, status.modified_ns, sha256_of(clip))
    except FileNotFoundError as error:
        raise RecordingUnreadable(f"there is no clip {clip}") from error
    except OSError as error:
        raise RecordingUnreadable(f"the clip {clip} cannot be read: {error.strerror}") from error


def provenance_of(job: ExtractionJob, landmarker: str, extraction: Extraction | None) -> Provenance:
    """Return the provenance of a job's take."""
    clip = job.clip
    return Provenance(clip.name, landmarker, clip.signer, clip.split, clip.sign_id, job.variant, extraction)


def dataset_id(root: Path, kind: str) -> str:
    """Return what identifies a data set's clips of one kind: a digest of its place, which takes should not tell."""
    return sha256(f"{kind}:{root.resolve()}".encode(errors="surrogateescape")).hexdigest()[:16]


def plan_jobs(
    clips: Sequence[Clip],
    parts: frozenset[Part],
    landmarker: str,
    out: Path,
    variants: int,
    timeout_s: float = CLIP_TIMEOUT_S,
    dataset: str = "",
) -> list[ExtractionJob]:
    """Return the jobs for all clips: each original and, for training clips, this number of augmented variants."""
    jobs = []
    for clip in clips:
        for variant in range(1 + (variants if clip.split == "train" else 0)):
            to = take_path(out, clip.name, variant)
            jobs.append(ExtractionJob(clip, variant, parts, landmarker, to, timeout_s, dataset))
    return jobs


def may_be_of(take: StoredTake, job: ExtractionJob) -> bool:
    """Return whether a take that is left over may be of a job's clip; an augmented video depends on the name, too."""
    provenance = take.provenance
    is_same = (provenance.landmarker, provenance.variant) == (job.landmarker, job.variant)
    return is_same and has_parts(take, job.parts) and (job.variant == 0 or provenance.clip == job.clip.name)
