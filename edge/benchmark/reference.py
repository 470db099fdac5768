"""The reference implementation's speed, and the agreement of our landmarks with MediaPipe's. Loads MediaPipe."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from edge.benchmark.report import Benchmark, PipelineFigures
from edge.benchmark.stopwatch import Stopwatch
from landmarkers.agreement import Comparison
from landmarkers.frame import Landmarks
from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.mediapipe_tasks import PER_IMAGE, REFERENCE, MediaPipeLandmarker
from landmarkers.recording import read_recording


class ReferenceMeter:
    """Measures clip by clip."""

    def __init__(self) -> None:
        self._stopwatch = Stopwatch()
        self._comparison = Comparison()

    def add(self, clip: Path, landmarks: Sequence[Landmarks]) -> None:
        """Measure the reference on a clip, and compare our landmarks of its frames."""
        with closing(MediaPipeLandmarker(DEFAULT_PARTS | {Part.FACE}, options=REFERENCE)) as mediapipe:
            self._stopwatch.time(lambda: sum(1 for _ in map(mediapipe.detect, read_recording(clip))))
        with closing(MediaPipeLandmarker(DEFAULT_PARTS, options=PER_IMAGE)) as per_image:
            for ours, frame in zip(landmarks, read_recording(clip), strict=True):
                self._comparison.add(ours, per_image.detect(frame))

    def beside(self, figures: PipelineFigures) -> Benchmark:
        """Return the figures of both."""
        ours, speed = figures.pipeline, self._stopwatch.speed()
        return Benchmark(
            **dict(figures),
            reference=speed,
            frames_per_s_ratio=round(ours.frames_per_s / speed.frames_per_s, 3),
            cpu_ratio=round(ours.cpu_s_per_frame / speed.cpu_s_per_frame, 3),
            agreement=self._comparison.result(),
        )
