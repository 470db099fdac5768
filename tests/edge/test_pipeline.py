from collections.abc import Iterator

import pytest

from edge.cameras.camera import Camera, CameraLost
from edge.cameras.replay import TakeReplay
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import DeviceStatus
from edge.pipeline import run_pipeline
from edge.recognition.recognition import ModelPipeline, ModelSlot
from edge.recognition.word import StreamClock, Word, WordFactory
from landmarkers.frame import Frame
from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from tests.edge.tiny_bundle import NOWHERE, PLACES, SIGNS, TITLE
from tests.synthetic_signer import Sign, even_times, take

TWO_SIGNS = take(even_times(30, 4.0), Sign(0.5, 1.5, PLACES[0]), Sign(2.2, 3.2, PLACES[2]))


class Notebook:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.words: list[Word] = []

    def emit(self, word: Word) -> None:
        self.words.append(word)

    def close(self) -> None:
        """Nothing is on its way."""


class BreakingCamera:
    """The replay of a take whose cable breaks after some frames."""

    def __init__(self, replay: TakeReplay, after: int) -> None:
        self._replay = replay
        self._after = after

    def frames(self) -> Iterator[Frame]:
        for number, frame in enumerate(self._replay.frames()):
            if number == self._after:
                raise CameraLost("the cable broke")
            yield frame

    def stop(self) -> None:
        self._replay.stop()


class PausingCamera:
    """The replay of a take during which somebody pauses the daemon from one time to another."""

    def __init__(self, replay: TakeReplay, status: DeviceStatus, start: float, end: float) -> None:
        self._replay = replay
        self._status = status
        self._start, self._end = start, end

    def frames(self) -> Iterator[Frame]:
        for frame in self._replay.frames():
            self._status.set_paused(paused=self._start <= frame.time < self._end)
            yield frame

    def stop(self) -> None:
        self._replay.stop()


def play(
    bundle: Bundle,
    replay: TakeReplay,
    notebook: Notebook,
    *,
    camera: Camera | None = None,
    fast: bool = True,
    status: DeviceStatus | None = None,
) -> PipelineStats:
    """Caption a replay into the notebook."""
    pulse = PipelineStats()
    clock = StreamClock(fast=fast)
    writer = WordFactory(clock, model=TITLE, device="entrance", threshold=bundle.manifest.calibration.threshold)
    classifier = OnnxClassifier(bundle)
    succession = ModelSlot(ModelPipeline.of(bundle, classifier, writer))
    run_pipeline(camera or replay, replay, succession, [notebook], pulse, status=status)
    return pulse


def words(bundle: Bundle, *takes: Take, fast: bool = True) -> list[Word]:
    notebook = Notebook()
    play(bundle, TakeReplay(takes, paced=not fast), notebook, fast=fast)
    return notebook.words


def test_signs_become_words_in_their_order(bundle: Bundle) -> None:
    said = words(bundle, TWO_SIGNS)
    assert [word.word for word in said] == [SIGNS[0].word, SIGNS[2].word]
    assert [word.seq for word in said] == [1, 2]


def test_a_word_tells_when_its_sign_was_made(bundle: Bundle) -> None:
    first, second = words(bundle, TWO_SIGNS)
    spotter = bundle.manifest.spotter
    soonest = spotter.min_duration_s + spotter.early_after_s  # the sign goes on for a second, but is sure before
    assert soonest - 0.01 <= (first.ended_at - first.started_at).total_seconds() <= soonest + spotter.stride_s
    assert (second.started_at - first.started_at).total_seconds() == pytest.approx(1.7, abs=0.04)
    assert first.delay_s == pytest.approx(0.0, abs=0.04)


def test_a_sign_in_hand_when_the_camera_ends_is_finished(bundle: Bundle) -> None:
    said = words(bundle, take(even_times(30, 1.5), Sign(0.5, 9.0, PLACES[1])))
    assert [word.word for word in said] == [SIGNS[1].word]


def test_words_before_a_camera_was_lost_are_said_and_the_loss_is_told(bundle: Bundle) -> None:
    notebook, replay = Notebook(), TakeReplay([TWO_SIGNS], paced=False)
    with pytest.raises(CameraLost, match="the cable broke"):
        play(bundle, replay, notebook, camera=BreakingCamera(replay, after=80))
    assert [word.word for word in notebook.words] == [SIGNS[0].word, SIGNS[2].word]


def test_while_paused_no_frame_is_looked_at_and_the_sign_in_hand_is_dropped(bundle: Bundle) -> None:
    notebook, replay, status = Notebook(), TakeReplay([TWO_SIGNS], paced=False), DeviceStatus()
    camera = PausingCamera(replay, status, start=0.9, end=1.9)
    health = play(bundle, replay, notebook, camera=camera, status=status).health()
    assert [word.word for word in notebook.words] == [SIGNS[2].word]
    assert health.frames == len(TWO_SIGNS) - 30


def test_what_the_model_cannot_tell_is_not_said(bundle: Bundle) -> None:
    between = (PLACES[0] + PLACES[1]) / 2
    assert words(bundle, take(even_times(30, 3.0), Sign(0.5, 1.5, between))) == []
    assert words(bundle, take(even_times(30, 3.0), Sign(0.5, 1.5, NOWHERE))) == []


@pytest.mark.parametrize("rate", [5, 15, 60])
def test_the_same_signs_are_read_at_any_rate(bundle: Bundle, rate: int) -> None:
    slower = take(even_times(rate, 4.0), Sign(0.5, 1.5, PLACES[0]), Sign(2.2, 3.2, PLACES[2]))
    assert [word.sign_id for word in words(bundle, slower)] == [SIGNS[0].sign_id, SIGNS[2].sign_id]


def test_playing_a_take_fast_says_what_playing_it_at_its_own_pace_says(bundle: Bundle) -> None:
    fast, live = words(bundle, TWO_SIGNS), words(bundle, TWO_SIGNS, fast=False)
    assert [(word.sign_id, word.confidence) for word in fast] == [(word.sign_id, word.confidence) for word in live]


def test_health_counts_everything(bundle: Bundle) -> None:
    notebook = Notebook()
    health = play(bundle, TakeReplay([TWO_SIGNS], paced=False), notebook).health()
    assert (health.frames, health.words) == (len(TWO_SIGNS), 2)
    assert set(health.stage_ms) == {"landmarks", "spotter", "classifier"}
