"""Compares the daemon's pipeline with the reference implementation on the same clips, in one run.

The reference is that of the research project that Ishara grew out of: pose, face and one hand, each image by itself,
one network after another. Machines are shared and noisy, so the ratio of the two counts, measured on each clip in turn,
and not either figure alone.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from edge.benchmark.agreement import Comparison
from edge.benchmark.report import Benchmark, NetworkLoad, Speed
from edge.cameras.recording import RecordingCamera
from edge.cameras.source import open_landmarker
from edge.monitoring.health import PipelineStats
from edge.pipeline import run_pipeline
from edge.recognition.model_slot import ModelStages
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, WordFactory
from edge.redaction import redact_source
from landmarkers.frame import Frame, Landmarks
from landmarkers.landmarker import Landmarker
from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.mediapipe_tasks import PER_IMAGE, REFERENCE, MediaPipeLandmarker
from landmarkers.network_cost import NetworkCost
from landmarkers.recording import RecordingUnreadable, read_recording
from landmarkers.tracking import TrackingLandmarker
from models.bundle import Bundle
from models.classifier import OnnxClassifier


@dataclass(slots=True)
class _Stopwatch:
    """Adds up wall-clock time, processor time and frames."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    frames: int = 0

    def time(self, process: Callable[[], int]) -> None:
        """Time a function that returns the number of frames that it processed."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.frames += process()
        self.seconds += time.perf_counter() - wall
        self.cpu_s += time.process_time() - cpu

    def speed(self) -> Speed:
        return Speed(
            frames_per_s=round(self.frames / self.seconds, 2), cpu_s_per_frame=round(self.cpu_s / self.frames, 5)
        )


@dataclass(slots=True)
class _NetworkCosts:
    """Adds up the costs of the networks of our own landmarker; those of MediaPipe's are unknown."""

    costs: dict[str, list[NetworkCost]] = field(default_factory=dict)

    def add(self, landmarker: Landmarker) -> None:
        if isinstance(landmarker, TrackingLandmarker):
            for name, cost in landmarker.cost().items():
                self.costs.setdefault(name, []).append(cost)

    def result(self, frames: int) -> dict[str, NetworkLoad]:
        return {
            name: NetworkLoad(
                runs_per_frame=round(sum(cost.runs for cost in costs) / frames, 3),
                million_macs=round(costs[0].macs / 1e6, 1),
            )
            for name, costs in self.costs.items()
        }


class _LandmarkCollector:
    """Keeps the landmarks of every frame of a pipeline."""

    def __init__(self) -> None:
        self.landmarks: list[Landmarks] = []

    def observe(self, _frame: Frame, landmarks: Landmarks) -> None:
        self.landmarks.append(landmarks)


def run_benchmark(clips: Sequence[Path], bundle: Bundle) -> Benchmark:
    """Measure on these clips, each processed by the pipeline and by the reference in turn.

    Raises RecordingUnreadable, CameraLost, NetworksUnavailable, BundleRefused.
    """
    for clip in clips:
        if not clip.exists():
            raise RecordingUnreadable(f"there is no clip {redact_source(str(clip))}")
    # First of all: Linux counts a child's peak memory from what its parent held when it started the child.
    first_word_s, peak_mb = _measure_daemon(clips[0], bundle.folder)
    classifier, stats = OnnxClassifier(bundle), PipelineStats()
    ours, reference, comparison, costs = _Stopwatch(), _Stopwatch(), Comparison(), _NetworkCosts()
    for clip in tqdm(clips, desc="bench", unit="clip"):
        collector = _LandmarkCollector()
        with closing(open_landmarker(bundle.manifest.parts, bundle.manifest.landmarker)) as landmarker:
            pipeline = _Pipeline(landmarker, _recogniser(bundle, classifier, stats), collector, stats)
            ours.time(lambda: pipeline.process(clip))  # noqa: B023  # called at once
            costs.add(landmarker)
        with closing(MediaPipeLandmarker(DEFAULT_PARTS | {Part.FACE}, options=REFERENCE)) as mediapipe:
            reference.time(lambda: _count(map(mediapipe.detect, read_recording(clip))))  # noqa: B023
        with closing(MediaPipeLandmarker(DEFAULT_PARTS, options=PER_IMAGE)) as per_image:
            for landmarks, frame in zip(collector.landmarks, read_recording(clip), strict=True):
                comparison.add(landmarks, per_image.detect(frame))
    return Benchmark(
        clips=len(clips),
        frames=ours.frames,
        pipeline=ours.speed(),
        reference=reference.speed(),
        frames_per_s_ratio=round(ours.speed().frames_per_s / reference.speed().frames_per_s, 3),
        cpu_ratio=round(ours.speed().cpu_s_per_frame / reference.speed().cpu_s_per_frame, 3),
        stage_ms=stats.health().stage_ms,
        networks=costs.result(ours.frames),
        agreement=comparison.result(),
        start_to_first_word_s=first_word_s,
        peak_memory_mb=peak_mb,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Pipeline:
    """The stages that process one clip."""

    landmarker: Landmarker
    recogniser: Recogniser
    collector: _LandmarkCollector
    stats: PipelineStats

    def process(self, clip: Path) -> int:
        """Process the clip as fast as possible and return its number of frames."""
        frames = RecordingCamera(clip, paced=False).frames()
        run_pipeline(frames, self.landmarker, self.recogniser, (), observers=[self.collector], stats=self.stats)
        return len(self.collector.landmarks)


def _recogniser(bundle: Bundle, classifier: OnnxClassifier, stats: PipelineStats) -> Recogniser:
    threshold = bundle.manifest.calibration.threshold
    words = WordFactory(StreamClock(fast=True), model=bundle.manifest.title, device="bench", threshold=threshold)
    return Recogniser(ModelStages.of(bundle, classifier, words), stats.timed)


def _count(landmarks: Iterable[Landmarks]) -> int:
    return sum(1 for _ in landmarks)


def _measure_daemon(clip: Path, bundle: Path) -> tuple[float | None, float]:
    """Return the seconds from the start of a daemon to its first word (None without one), and its peak memory in MB."""
    arguments = ["--source", str(clip), "--model", str(bundle), "--pace", "fast", "--exit-at-end", "--jsonl"]
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "edge", "run", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as daemon:
        line = daemon.stdout.readline() if daemon.stdout is not None else b""
        first_word_s = round(time.perf_counter() - began, 3)
        _, status, usage = os.wait4(daemon.pid, 0)
        daemon.returncode = os.waitstatus_to_exitcode(status)
    return (first_word_s if line else None), round(usage.ru_maxrss / 1024, 1)
