"""Evaluates a bundle on clips changed as poor rooms and cameras would change them (conditions.py)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from tqdm import tqdm

from landmarkers.agreement import Agreement, Comparison
from landmarkers.factory import LandmarkerUnavailable, open_landmarker
from landmarkers.frame import Landmarks
from landmarkers.layout import Part
from landmarkers.plain_text import escape
from landmarkers.recording import RecordingUnreadable, read_recording
from landmarkers.take import MAX_FRAMES, Provenance, Take
from landmarkers.task_bundles import NetworksUnavailable
from models.bundle import Bundle
from models.labels import Sign
from trainer.data.clip import Clip
from trainer.data.executor import Executor, WorkerLost
from trainer.data.extraction_job import CLIP_TIMEOUT_S
from trainer.data.watchdog import stall_limit
from trainer.evaluation.conditions import AS_RECORDED, CONDITIONS, Condition
from trainer.evaluation.evaluation import NothingToEvaluate, evaluate_bundle
from trainer.evaluation.metrics import Score


@dataclass(frozen=True, slots=True)
class ConditionScore:
    """The accuracy of a bundle, and the agreement of landmarks with those of the clips as they were recorded."""

    accuracy: Score
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class ConditionEvaluation:
    """The scores in each condition, by its name, and the clips that were not evaluated because they are unreadable."""

    title: str
    description: str
    scores: Mapping[str, ConditionScore]
    unreadable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    clip: Clip
    parts: frozenset[Part]
    landmarker: str


@dataclass(frozen=True, slots=True)
class _Found:
    """The take of one changed clip, and its comparison with the clip as recorded."""

    take: Take
    comparison: Comparison


def evaluate_conditions(
    bundle: Bundle, clips: Sequence[Clip], source: str, signs: Mapping[int, Sign], executor: Executor
) -> ConditionEvaluation:
    """Find the landmarks of clips anew in each condition, and evaluate a bundle on them; `source` describes the clips.

    Raises NothingToEvaluate, NetworksUnavailable, LandmarkerUnavailable, ExecutorUnavailable.
    """
    manifest = bundle.manifest
    known = {sign.sign_id for sign in bundle.signs}
    jobs = [_Job(clip, manifest.parts, manifest.landmarker) for clip in clips if clip.sign_id in known]
    found: list[dict[str, _Found]] = []
    unreadable: list[str] = []
    for job, result in tqdm(executor.run(_try_change, jobs), total=len(jobs), desc="conditions", unit="clip"):
        if isinstance(result, WorkerLost):
            unreadable.append(f"{escape(str(job.clip.path))} {result}")
        elif isinstance(result, RecordingUnreadable):
            unreadable.append(str(result))
        elif isinstance(result, dict):
            found.append(result)
        else:
            raise result
    if not found:
        raise NothingToEvaluate(f"there is no readable clip of a sign that {manifest.title} knows among the {source}")
    scores = {}
    for name in CONDITIONS:
        comparison = Comparison()
        for clip in found:
            comparison.update(clip[name].comparison)
        takes = [clip[name].take for clip in found]
        accuracy = evaluate_bundle(bundle, takes, source, signs, ()).evaluation.overall
        scores[name] = ConditionScore(accuracy, comparison.result())
    description = f"{manifest.title} on {len(found)} {source}, changed as poor rooms and cameras would change them."
    return ConditionEvaluation(manifest.title, description, scores, tuple(sorted(unreadable)))


def _try_change(
    job: _Job,
) -> dict[str, _Found] | RecordingUnreadable | NetworksUnavailable | LandmarkerUnavailable | OSError:
    """Return what is found in one clip in each condition, or the error that prevented it."""
    try:
        with stall_limit(CLIP_TIMEOUT_S) as show_progress:
            detected = {name: list(_detect(job, condition, show_progress)) for name, condition in CONDITIONS.items()}
            width, height = next(read_recording(job.clip.path)).image.shape[1::-1]
    except (RecordingUnreadable, NetworksUnavailable, LandmarkerUnavailable, OSError) as error:
        return error
    found = {}
    for name, landmarks in detected.items():
        comparison = Comparison()
        recorded = {one.time: one for one in detected[AS_RECORDED]}
        for one in landmarks:
            points = CONDITIONS[name].move(recorded[one.time].points, width, height)
            comparison.add(one, Landmarks(points, one.time))
        clip = job.clip
        provenance = Provenance(clip.name, job.landmarker, clip.signer, clip.split, clip.sign_id)
        found[name] = _Found(Take.from_landmarks(landmarks, provenance), comparison)
    return found


def _detect(job: _Job, condition: Condition, show_progress: Callable[[], None]) -> Iterator[Landmarks]:
    with closing(open_landmarker(job.parts, job.landmarker)) as landmarker:
        for frame in condition.apply(read_recording(job.clip.path, max_frames=MAX_FRAMES)):
            show_progress()
            yield landmarker.detect(frame)
