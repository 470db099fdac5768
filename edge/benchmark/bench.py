"""Measures the daemon's pipeline, and compares it with the reference implementation on the same clips, in one run.

The reference is that of the research project that Ishara grew out of: pose, face and one hand, each image by itself,
one network after another. Machines are shared and noisy, so the ratio of the two counts, measured on each clip in turn,
and not either figure alone.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from edge.benchmark.report import Benchmark, NetworkLoad, PipelineFigures
from edge.benchmark.stopwatch import Stopwatch
from edge.cameras.recording import RecordingCamera
from edge.cameras.source import open_landmarker
from edge.conversation import Conversation
from edge.monitoring.health import PipelineStats
from edge.pipeline import run_pipeline
from edge.recognition.model_slot import ModelStages
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, WordFactory
from edge.redaction import redact_source
from landmarkers.frame import Frame, Landmarks
from landmarkers.landmarker import Landmarker
from landmarkers.network_cost import NetworkCost
from landmarkers.recording import RecordingUnreadable
from landmarkers.tracking import TrackingLandmarker
from models.bundle import Bundle
from models.classifier import OnnxClassifier

if TYPE_CHECKING:
    from edge.benchmark.reference import ReferenceMeter  # loads MediaPipe


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
        self.size = ""

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        self.landmarks.append(landmarks)
        height, width = frame.image.shape[:2]
        self.size = f"{width}x{height}"


def run_benchmark(
    clips: Sequence[Path], bundle: Bundle, reference: "ReferenceMeter | None" = None
) -> PipelineFigures | Benchmark:
    """Measure on these clips, each processed by the pipeline and, if there is one, by the reference in turn.

    Raises RecordingUnreadable, CameraLost, NetworksUnavailable, BundleRefused.
    """
    for clip in clips:
        if not clip.exists():
            raise RecordingUnreadable(f"there is no clip {redact_source(str(clip))}")
    # First of all: Linux counts a child's peak memory from what its parent held when it started the child.
    first_word_s, peak_mb = _measure_daemon(clips[0], bundle.folder)
    classifier, stats = OnnxClassifier(bundle), PipelineStats()
    ours, costs = Stopwatch(), _NetworkCosts()
    sizes: dict[str, None] = {}
    for clip in tqdm(clips, desc="bench", unit="clip"):
        collector = _LandmarkCollector()
        with closing(open_landmarker(bundle.manifest.parts, bundle.manifest.landmarker)) as landmarker:
            pipeline = _Pipeline(landmarker, _recogniser(bundle, classifier, stats), collector, stats)
            ours.time(lambda: pipeline.process(clip))  # noqa: B023  # called at once
            costs.add(landmarker)
        sizes[collector.size] = None
        if reference is not None:
            reference.add(clip, collector.landmarks)
    figures = PipelineFigures(
        clips=len(clips),
        frames=ours.frames,
        sizes=tuple(sizes),
        pipeline=ours.speed(),
        stage_ms=stats.health().stage_ms,
        networks=costs.result(ours.frames),
        start_to_first_word_s=first_word_s,
        peak_memory_mb=peak_mb,
    )
    return figures if reference is None else reference.beside(figures)


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
        conversation = Conversation((), self.recogniser.words)
        run_pipeline(
            frames, self.landmarker, self.recogniser, conversation, observers=[self.collector], stats=self.stats
        )
        return len(self.collector.landmarks)


def _recogniser(bundle: Bundle, classifier: OnnxClassifier, stats: PipelineStats) -> Recogniser:
    threshold = bundle.manifest.calibration.threshold
    words = WordFactory(StreamClock(fast=True), model=bundle.manifest.title, device="bench", threshold=threshold)
    return Recogniser(ModelStages.of(bundle, classifier, words), stats.timed)


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
