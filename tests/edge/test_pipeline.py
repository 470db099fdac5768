from collections.abc import Iterable, Iterator

import pytest

from edge.cameras.camera import CameraLost
from edge.cameras.replay import TakeReplay
from edge.conversation import Conversation
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import DeviceStatus
from edge.pipeline import run_pipeline
from edge.recognition.model_slot import ModelStages
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, Word, WordFactory
from edge.utterances.utterance import Event, Utterance
from landmarkers.frame import Frame, Landmarks
from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from tests.edge.tiny_bundle import NOWHERE, PLACES, SIGNS, TITLE
from tests.synthetic_signer import Sign, even_times, take

TWO_SIGNS = take(even_times(30, 4.0), Sign(0.5, 1.5, PLACES[0]), Sign(2.2, 3.2, PLACES[2]))


class RecordingSink:
    """A sink that keeps its words and utterances."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.utterances: list[Utterance] = []

    def emit(self, event: Event) -> None:
        if isinstance(event, Word):
            self.words.append(event)
        elif isinstance(event, Utterance):
            self.utterances.append(event)

    def close(self) -> None:
        """Nothing is buffered."""


class RecordingObserver:
    """An observer that keeps the times of what it receives."""

    def __init__(self) -> None:
        self.times: list[tuple[float, float]] = []

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        self.times.append((frame.time, landmarks.time))


def break_after(frames: Iterable[Frame], count: int) -> Iterator[Frame]:
    """Yield some frames, then lose the camera."""
    for number, frame in enumerate(frames):
        if number == count:
            raise CameraLost("the cable broke")
        yield frame


def pause_between(frames: Iterable[Frame], status: DeviceStatus, start: float, end: float) -> Iterator[Frame]:
    """Yield all frames, and pause the device from one time to another."""
    for frame in frames:
        status.set_paused(paused=start <= frame.time < end)
        yield frame


def play(
    bundle: Bundle,
    replay: TakeReplay,
    sink: RecordingSink,
    *,
    frames: Iterable[Frame] | None = None,
    fast: bool = True,
    status: DeviceStatus | None = None,
    observer: RecordingObserver | None = None,
) -> PipelineStats:
    """Run the pipeline on a replay."""
    stats = PipelineStats()
    words = WordFactory(
        StreamClock(fast=fast), model=TITLE, device="entrance", threshold=bundle.manifest.calibration.threshold
    )
    recogniser = Recogniser(ModelStages.of(bundle, OnnxClassifier(bundle), words), stats.timed)
    observers = [] if observer is None else [observer]
    conversation = Conversation([sink], words)
    frames = frames or replay.frames()
    run_pipeline(frames, replay, recogniser, conversation, observers=observers, stats=stats, status=status)
    return stats


def words(bundle: Bundle, *takes: Take, fast: bool = True) -> list[Word]:
    sink = RecordingSink()
    play(bundle, TakeReplay(takes, paced=not fast), sink, fast=fast)
    return sink.words


def test_signs_become_words_in_their_order(bundle: Bundle) -> None:
    found = words(bundle, TWO_SIGNS)
    assert [word.word for word in found] == [SIGNS[0].word, SIGNS[2].word]
    assert [word.seq for word in found] == [1, 2]


def test_word_carries_start_and_end_of_its_sign(bundle: Bundle) -> None:
    first, second = words(bundle, TWO_SIGNS)
    spotter = bundle.manifest.spotter
    earliest = spotter.min_duration_s + spotter.early_after_s  # the sign lasts a second, but is emitted early
    assert earliest - 0.01 <= (first.ended_at - first.started_at).total_seconds() <= earliest + spotter.stride_s
    assert (second.started_at - first.started_at).total_seconds() == pytest.approx(1.7, abs=0.04)
    assert first.delay_s == pytest.approx(0.0, abs=0.04)


def test_sign_in_progress_is_finished_when_the_camera_ends(bundle: Bundle) -> None:
    found = words(bundle, take(even_times(30, 1.5), Sign(0.5, 9.0, PLACES[1])))
    assert [word.word for word in found] == [SIGNS[1].word]


def test_words_before_the_loss_of_a_camera_are_emitted_and_the_loss_is_raised(bundle: Bundle) -> None:
    sink, replay = RecordingSink(), TakeReplay([TWO_SIGNS], paced=False)
    with pytest.raises(CameraLost, match="the cable broke"):
        play(bundle, replay, sink, frames=break_after(replay.frames(), 80))
    assert [word.word for word in sink.words] == [SIGNS[0].word, SIGNS[2].word]


def test_pause_skips_frames_and_discards_the_sign_in_progress(bundle: Bundle) -> None:
    sink, replay, status = RecordingSink(), TakeReplay([TWO_SIGNS], paced=False), DeviceStatus()
    frames, observer = pause_between(replay.frames(), status, start=0.9, end=1.9), RecordingObserver()
    health = play(bundle, replay, sink, frames=frames, status=status, observer=observer).health()
    assert [word.word for word in sink.words] == [SIGNS[2].word]
    assert health.frames == len(observer.times) == len(TWO_SIGNS) - 30


def test_observers_receive_every_frame_with_its_landmarks(bundle: Bundle) -> None:
    observer = RecordingObserver()
    play(bundle, TakeReplay([TWO_SIGNS], paced=False), RecordingSink(), observer=observer)
    assert observer.times == [(time, time) for time in TWO_SIGNS.times.tolist()]


def test_undecided_predictions_make_no_word(bundle: Bundle) -> None:
    between = (PLACES[0] + PLACES[1]) / 2
    assert words(bundle, take(even_times(30, 3.0), Sign(0.5, 1.5, between))) == []
    assert words(bundle, take(even_times(30, 3.0), Sign(0.5, 1.5, NOWHERE))) == []


@pytest.mark.parametrize("rate", [5, 15, 60])
def test_same_signs_are_recognised_at_any_frame_rate(bundle: Bundle, rate: int) -> None:
    slower = take(even_times(rate, 4.0), Sign(0.5, 1.5, PLACES[0]), Sign(2.2, 3.2, PLACES[2]))
    assert [word.sign_id for word in words(bundle, slower)] == [SIGNS[0].sign_id, SIGNS[2].sign_id]


def test_fast_replay_makes_the_same_words_as_real_time(bundle: Bundle) -> None:
    fast, live = words(bundle, TWO_SIGNS), words(bundle, TWO_SIGNS, fast=False)
    assert [(word.sign_id, word.confidence) for word in fast] == [(word.sign_id, word.confidence) for word in live]


def test_health_counts_frames_and_words_and_times_all_stages(bundle: Bundle) -> None:
    health = play(bundle, TakeReplay([TWO_SIGNS], paced=False), RecordingSink()).health()
    assert (health.frames, health.words) == (len(TWO_SIGNS), 2)
    assert set(health.stage_ms) == {"landmarks", "spotter", "classifier"}


def test_words_between_two_rests_are_an_utterance(bundle: Bundle) -> None:
    sink = RecordingSink()
    signs = [Sign(0.5, 1.4, PLACES[0]), Sign(1.9, 2.8, PLACES[2]), Sign(5.0, 5.9, PLACES[1])]
    play(bundle, TakeReplay([take(even_times(30, 7.5), *signs)], paced=False), sink)
    assert [utterance.text for utterance in sink.utterances] == [f"{SIGNS[0].word} {SIGNS[2].word}", SIGNS[1].word]


def test_utterance_ends_with_the_stream_and_at_a_pause(bundle: Bundle) -> None:
    sink, status = RecordingSink(), DeviceStatus()
    play(bundle, TakeReplay([TWO_SIGNS], paced=False), sink)
    assert [len(utterance.words) for utterance in sink.utterances] == [2]
    sink, replay = RecordingSink(), TakeReplay([TWO_SIGNS], paced=False)
    play(bundle, replay, sink, frames=pause_between(replay.frames(), status, 1.8, 2.0), status=status)
    assert [len(utterance.words) for utterance in sink.utterances] == [1, 1]
