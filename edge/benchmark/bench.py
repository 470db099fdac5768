"""Measures the daemon against the reference way on the same clips, in one run.

The reference way is that of the research project that Ishara grew out of: pose, face and one hand, each picture by
itself, one network after another. Machines are shared and noisy, so what counts is the ratio of the two, clip by clip
in turn, and not either figure alone.
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

from edge.benchmark.agreement import Agreement, Comparison
from edge.cameras.recording import RecordingCamera
from edge.cameras.source import open_landmarker
from edge.monitoring.health import PipelineStats, StageTime
from edge.pipeline import run_pipeline
from edge.recognition.model_slot import ModelStages
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, WordFactory
from landmarkers.frame import Frame, Landmarks
from landmarkers.landmarker import Landmarker
from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.mediapipe_tasks import PER_IMAGE, REFERENCE, MediaPipeLandmarker
from landmarkers.network_cost import NetworkCost
from landmarkers.recording import read_recording
from landmarkers.tracking import TrackingLandmarker
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from models.strict_model import StrictModel


class Speed(StrictModel):
    """What one way of working took."""

    frames_per_s: float
    cpu_s_per_frame: float


class NetworkWork(StrictModel):
    """How often a network ran for a frame, and the millions of multiplications (each with its addition) of one run."""

    runs_per_frame: float
    million_multiply_adds: float


class Benchmark(StrictModel):
    """One run of the benchmark."""

    clips: int
    frames: int
    pipeline: Speed
    reference: Speed
    frames_per_s_ratio: float
    cpu_ratio: float
    stage_ms: dict[str, StageTime]
    networks: dict[str, NetworkWork]
    agreement: Agreement
    start_to_first_word_s: float | None
    peak_memory_mb: float


@dataclass(slots=True)
class _Clock:
    """Adds up wall-clock and processor time, and frames."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    frames: int = 0

    def time(self, work: Callable[[], int]) -> None:
        """Time some work that returns how many frames it did."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.frames += work()
        self.seconds += time.perf_counter() - wall
        self.cpu_s += time.process_time() - cpu

    def speed(self) -> Speed:
        return Speed(
            frames_per_s=round(self.frames / self.seconds, 2), cpu_s_per_frame=round(self.cpu_s / self.frames, 5)
        )


@dataclass(slots=True)
class _WorkSum:
    """Adds up what the networks of our own landmarker did; of MediaPipe's nobody can tell."""

    done: dict[str, list[NetworkCost]] = field(default_factory=dict)

    def add(self, landmarker: Landmarker) -> None:
        if isinstance(landmarker, TrackingLandmarker):
            for name, work in landmarker.cost().items():
                self.done.setdefault(name, []).append(work)

    def result(self, frames: int) -> dict[str, NetworkWork]:
        return {
            name: NetworkWork(
                runs_per_frame=round(sum(work.runs for work in done) / frames, 3),
                million_multiply_adds=round(done[0].macs / 1e6, 1),
            )
            for name, done in self.done.items()
        }


class _Remembering:
    """A landmarker that remembers what it answered."""

    def __init__(self, landmarker: Landmarker) -> None:
        self._landmarker = landmarker
        self.fingerprint = landmarker.fingerprint
        self.answered: list[Landmarks] = []

    def detect(self, frame: Frame) -> Landmarks:
        self.answered.append(self._landmarker.detect(frame))
        return self.answered[-1]

    def close(self) -> None:
        self._landmarker.close()


def run_benchmark(clips: Sequence[Path], bundle: Bundle) -> Benchmark:
    """Measure on these clips, each taken through the pipeline and the reference way in turn.

    Raises RecordingUnreadable, CameraLost, NetworksUnavailable, BundleRefused.
    """
    # First of all: to Linux a child's peak memory is at least what its parent held when it started the child.
    first_word_s, peak_mb = _start(clips[0], bundle.folder)
    classifier, pulse = OnnxClassifier(bundle), PipelineStats()
    manifest = bundle.manifest
    ours, reference, comparison, work = _Clock(), _Clock(), Comparison(), _WorkSum()
    for clip in tqdm(clips, desc="bench", unit="clip"):
        opened = open_landmarker(manifest.parts, manifest.landmarker)
        with closing(_Remembering(opened)) as landmarker:
            ours.time(lambda: _caption(clip, landmarker, classifier, bundle, pulse))  # noqa: B023  # called at once
            work.add(opened)
        with closing(MediaPipeLandmarker(DEFAULT_PARTS | {Part.FACE}, options=REFERENCE)) as each_by_itself:
            reference.time(lambda: _count(map(each_by_itself.detect, read_recording(clip))))  # noqa: B023
        with closing(MediaPipeLandmarker(DEFAULT_PARTS, options=PER_IMAGE)) as per_image:
            for answered, frame in zip(landmarker.answered, read_recording(clip), strict=True):
                comparison.add(answered, per_image.detect(frame))
    return Benchmark(
        clips=len(clips),
        frames=ours.frames,
        pipeline=ours.speed(),
        reference=reference.speed(),
        frames_per_s_ratio=round(ours.speed().frames_per_s / reference.speed().frames_per_s, 3),
        cpu_ratio=round(ours.speed().cpu_s_per_frame / reference.speed().cpu_s_per_frame, 3),
        stage_ms=pulse.health().stage_ms,
        networks=work.result(ours.frames),
        agreement=comparison.result(),
        start_to_first_word_s=first_word_s,
        peak_memory_mb=peak_mb,
    )


def format_table(result: Benchmark) -> str:
    """The result for people."""
    ours, reference, agreement = result.pipeline, result.reference, result.agreement
    first, networks = result.start_to_first_word_s, result.networks
    lines = [
        f"{result.clips} clips, {result.frames} frames",
        f"{'':22}{'pipeline':>12}{'reference':>12}{'ratio':>9}",
        _row("frames a second", ours.frames_per_s, reference.frames_per_s, result.frames_per_s_ratio),
        _row("CPU ms a frame", ours.cpu_s_per_frame * 1000, reference.cpu_s_per_frame * 1000, result.cpu_ratio),
        "",
        f"{'stage, ms':22}{'p50':>12}{'p95':>12}{'p99':>9}",
        *(f"{stage:22}{ms.p50:>12.2f}{ms.p95:>12.2f}{ms.p99:>9.2f}" for stage, ms in result.stage_ms.items()),
        "",
        f"{'network':22}{'runs a frame':>12}{'million multiply-adds a run':>30}",
        *(f"{name:22}{one.runs_per_frame:>12.2f}{one.million_multiply_adds:>30.0f}" for name, one in networks.items()),
        "",
        f"hands of per-image MediaPipe found by us too  {agreement.hands_found:.1%}",
        f"of these both call by the same side           {agreement.hands_named_alike:.1%}",
        f"mean distance of points, shoulder widths      {agreement.distance:.4f}",
        "start of the program to the first word        " + ("no word came" if first is None else f"{first:.2f} s"),
        f"peak memory of the daemon                     {result.peak_memory_mb:.0f} MB",
    ]
    return "\n".join(lines)


def _row(title: str, ours: float, reference: float, ratio: float) -> str:
    return f"{title:22}{ours:>12.1f}{reference:>12.1f}{ratio:>9.2f}"


def _caption(
    clip: Path, landmarker: _Remembering, classifier: OnnxClassifier, bundle: Bundle, pulse: PipelineStats
) -> int:
    clock = StreamClock(fast=True)
    threshold = bundle.manifest.calibration.threshold
    writer = WordFactory(clock, model=bundle.manifest.title, device="bench", threshold=threshold)
    recogniser = Recogniser(ModelStages.of(bundle, classifier, writer), pulse.timed)
    run_pipeline(RecordingCamera(clip, paced=False).frames(), landmarker, recogniser, (), stats=pulse)
    return len(landmarker.answered)


def _count(landmarks: Iterable[Landmarks]) -> int:
    return sum(1 for _ in landmarks)


def _start(clip: Path, bundle: Path) -> tuple[float | None, float]:
    """Seconds from the start of a daemon to its first word (None without one), and its peak memory in MB."""
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
