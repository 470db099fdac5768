"""Tests of the whole pipeline under load, idle, and over a long time."""

import gc
import threading
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from edge.cameras.camera import Camera, ShouldProcess, process_every_frame
from edge.cameras.latest_frame import LatestFrameCamera
from edge.cameras.source import Source, SourceOptions, open_source
from edge.config import RateConfig
from edge.conversation import Conversation
from edge.monitoring.frame_rate import FrameRateController, Rate
from edge.monitoring.health import Health, PipelineStats
from edge.pipeline import run_pipeline
from edge.recognition.model_slot import ModelStages
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, Word, WordFactory
from edge.utterances.utterance import Event
from landmarkers.frame import Frame, Landmarks
from landmarkers.landmarker import Landmarker
from landmarkers.layout import Part
from landmarkers.take import TAKE_SUFFIX
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from tests.edge.clips import network_camera, write_clip
from tests.edge.ports import free_port
from tests.edge.tiny_bundle import PLACES, SIGNS, TITLE
from tests.edge.waiting import PATIENCE_S
from tests.synthetic_signer import LANDMARKER, Sign, even_times, stream, take

NO_IMAGE = np.zeros((0, 0, 3), np.uint8)
WAKE_S = 0.2


class SyntheticCamera:
    """Camera and landmarker in one: a signer before a live camera, some of whose frames are skipped."""

    fingerprint = LANDMARKER

    def __init__(
        self, times: Sequence[float], *signs: Sign, should_process: ShouldProcess = process_every_frame
    ) -> None:
        self._times = times
        self._signs = signs
        self._should_process = should_process
        self.detected: list[float] = []

    def frames(self) -> Iterator[Frame]:
        return (Frame(NO_IMAGE, time) for time in self._times if self._should_process(time))

    def detect(self, frame: Frame) -> Landmarks:
        self.detected.append(frame.time)
        return stream([frame.time], *self._signs)[0]

    def stop(self) -> None:
        """It ends by itself."""

    def close(self) -> None:
        """Nothing is memory."""


class SlowLandmarker:
    """Takes as long for each frame as a camera for five more, and finds nobody."""

    fingerprint = LANDMARKER
    FRAMES = 5

    def __init__(self, camera: "FastCamera") -> None:
        self._camera = camera
        self.age: list[float] = []

    def detect(self, frame: Frame) -> Landmarks:
        self.age.append(self._camera.newest - frame.time)
        for _ in range(self.FRAMES):
            self._camera.deliver_one()
        return Landmarks.empty(frame.time)

    def close(self) -> None:
        """Nothing is memory."""


class FastCamera:
    """Delivers its next frame when the test says so, at 30 a second by its own clock."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._due, self._delivered = threading.Semaphore(1), threading.Semaphore(0)
        self.newest = 0.0

    def frames(self) -> Iterator[Frame]:
        for number in range(self._frames):
            assert self._due.acquire(timeout=PATIENCE_S)
            self.newest = number / 30
            yield Frame(NO_IMAGE, self.newest)
            self._delivered.release()

    def deliver_one(self) -> None:
        """Return when the next frame is the one to be handed out, or when there is none left."""
        if self.newest < (self._frames - 1) / 30:
            self._delivered.acquire(timeout=PATIENCE_S)
            self._due.release()
            self._delivered.acquire(timeout=PATIENCE_S)
            self._delivered.release()

    def stop(self) -> None:
        """It ends by itself."""


class Words:
    """A sink that counts the words and keeps the newest."""

    def __init__(self) -> None:
        self.count = 0
        self.newest: Word | None = None

    def emit(self, event: Event) -> None:
        if isinstance(event, Word):
            self.count += 1
            self.newest = event

    def close(self) -> None:
        """Nothing is buffered."""


def play(
    bundle: Bundle, camera: Camera, landmarker: Landmarker, words: Words, controller: FrameRateController
) -> Health:
    """Run to the camera's end; return the health then."""
    stats = PipelineStats(Source(camera, landmarker), controller)
    factory = WordFactory(StreamClock(fast=True), model=TITLE, device="entrance", threshold=0.5)
    classifier = OnnxClassifier(bundle)
    recogniser = Recogniser(ModelStages.of(bundle, classifier, factory), stats.timed)
    conversation = Conversation([words], factory)
    run_pipeline(camera.frames(), landmarker, recogniser, conversation, observers=[controller], stats=stats)
    return stats.health()


def new_controller(bundle: Bundle) -> FrameRateController:
    return FrameRateController(RateConfig(), bundle.manifest.spotter.raise_threshold)


def test_slow_landmarker_lowers_the_rate_and_never_the_freshness(bundle: Bundle) -> None:
    camera = FastCamera(frames=101)
    slow = SlowLandmarker(camera)
    health = play(bundle, LatestFrameCamera(camera), slow, Words(), new_controller(bundle))
    assert max(slow.age) <= 1 / 30 + 1e-6
    assert (health.frames, health.dropped) == (21, 80)


@pytest.mark.parametrize("rate", [10, 15, 30])
def test_sign_after_idling_is_spotted_as_if_every_frame_was_processed(bundle: Bundle, rate: int) -> None:
    times = even_times(rate, 20.0)
    signs = [Sign(8.05, 9.0, PLACES[0]), Sign(15.02, 16.0, PLACES[2])]
    controller, words = new_controller(bundle), Words()
    camera = SyntheticCamera(times, *signs, should_process=controller.should_process)
    health = play(bundle, camera, camera, words, controller)
    assert words.count == 2
    assert words.newest is not None
    assert words.newest.sign_id == SIGNS[2].sign_id
    assert (words.newest.ended_at - words.newest.started_at).total_seconds() == pytest.approx(0.98, abs=WAKE_S)
    for sign in signs:
        seen = [time for time in camera.detected if time >= sign.start]
        assert seen[0] - sign.start < WAKE_S
        assert [time for time in seen if time <= sign.end] == [time for time in times if seen[0] <= time <= sign.end]
    assert health.frames + health.skipped == len(times)
    assert health.rate is Rate.IDLE


def test_long_stream_takes_no_more_memory_than_a_short_one(bundle: Bundle) -> None:
    minutes = 20
    signs = [Sign(start + 1.0, start + 2.0, PLACES[1]) for start in range(0, minutes * 60, 10)]
    controller, words = new_controller(bundle), Words()
    memory: dict[float, int] = {}

    class MeasuringCamera(SyntheticCamera):
        def detect(self, frame: Frame) -> Landmarks:
            self.detected.clear()
            if frame.time % 60.0 < 1e-9:
                gc.collect()
                memory[frame.time] = tracemalloc.get_traced_memory()[0]
            index = int(frame.time // 10)
            return stream([frame.time], *signs[index : index + 1])[0]

    camera = MeasuringCamera(even_times(10, minutes * 60.0), should_process=controller.should_process)
    tracemalloc.start()
    try:
        play(bundle, camera, camera, words, controller)
    finally:
        tracemalloc.stop()
    assert words.count == len(signs)
    early = [size for time, size in memory.items() if 300.0 <= time < 700.0]
    late = [size for time, size in memory.items() if time >= 700.0]
    assert max(late) - max(early) < 20_000


def no_frame(_time: float) -> bool:
    """Decline every frame."""
    return False


def test_take_is_processed_in_full_at_any_pace(tmp_path: Path) -> None:
    take(even_times(10, 0.5), Sign(0.0, 0.5)).save(tmp_path / f"one{TAKE_SUFFIX}")
    for fast in (True, False):
        source = open_source(f"take:{tmp_path}", frozenset(), "", SourceOptions(fast=fast, should_process=no_frame))
        assert len(list(source.camera.frames())) == 6


def test_fast_clip_is_processed_in_full_and_a_real_time_one_as_decided(tmp_path: Path) -> None:
    clip = str(write_clip(tmp_path / "clip.mp4"))
    with_all = open_source(clip, frozenset({Part.POSE}), "", SourceOptions(fast=True, should_process=no_frame))
    with_none = open_source(clip, frozenset({Part.POSE}), "", SourceOptions(should_process=no_frame))
    try:
        assert len(list(with_all.camera.frames())) == 10
        assert list(with_none.camera.frames()) == []
    finally:
        with_all.landmarker.close()
        with_none.landmarker.close()


def test_network_camera_delivers_only_frames_to_process() -> None:
    asked: list[float] = []

    def every_third(time: float) -> bool:
        asked.append(time)
        return len(asked) % 3 == 0

    with network_camera(free_port(), seconds=10) as address:
        source = open_source(
            address, frozenset({Part.POSE}), "", SourceOptions(endless=True, should_process=every_third)
        )
        delivered = []
        for frame in source.camera.frames():
            delivered.append(frame.time)
            if len(delivered) == 5:
                source.camera.stop()
        source.landmarker.close()
    assert set(delivered) <= set(asked[2::3])
