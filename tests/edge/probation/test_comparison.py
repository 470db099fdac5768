"""Tests of what counts as a fault of a model on probation, and what does not."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.cameras.camera import CameraLost
from edge.config import ModelConfig
from edge.monitoring.liveness import LivenessMonitor
from edge.monitoring.meter import MeteredClassifier
from edge.monitoring.status import Component, DeviceStatus
from edge.probation.comparison import MIN_SEGMENTS, ModelSummary, find_fault
from edge.probation.segments import MAX_SEGMENTS, RecentSegments
from edge.probation.shadow import Shadow, ShadowModel
from edge.probation.start_count import MAX_STARTS, counted_start
from edge.probation.state import FAULT_S, MIN_PREDICTIONS, STALLED_S, ProbationState
from landmarkers.frame import Frame
from landmarkers.tracking import FINGERPRINT
from models.bundle import Bundle, open_bundle
from models.classifier import Candidate, OnnxClassifier
from models.labels import Sign as Label
from models.store import BundleStore
from tests.edge.tiny_bundle import PLACES, write_bundle
from tests.synthetic_signer import Sign, even_times, stream, take

MANY = 20
NO_IMAGE = Frame(np.zeros((0, 0, 3), np.uint8), 0.0)


def words(*confidences: float, sign_id: int = 1) -> list[Candidate]:
    return [Candidate(Label(sign_id=sign_id, word="قصبة", word_en="Trachea"), confidence) for confidence in confidences]


def summary(*each: Sequence[Candidate]) -> ModelSummary:
    return ModelSummary.of(each)


GOOD = summary(*(words(0.9, sign_id=number) for number in range(MANY)))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (GOOD, None),
        (summary(*(words(0.6, sign_id=number) for number in range(MANY))), None),
        (summary(*[[]] * 8, *(words(0.9, sign_id=number) for number in range(12))), None),
        (
            summary(*[[]] * 9, *(words(0.9, sign_id=number) for number in range(11))),
            "it recognises no sign 9 times, the previous model 0 times",
        ),
        (summary(*[[]] * MANY), "in the last 20 segments with a raised hand it recognises no sign 20 times"),
        (
            summary(*(words(0.5, sign_id=number) for number in range(MANY))),
            "its mean confidence is 50%, that of the previous model 90%",
        ),
        (
            summary(*(words(*[0.9] * 4, sign_id=number) for number in range(MANY))),
            "it predicts 80 words, the previous model 20",
        ),
        (summary(*[words(0.9)] * MANY), "it predicts one and the same sign, the previous model 20 different ones"),
    ],
)
def test_only_what_no_good_model_predicts_is_a_fault(new: ModelSummary, expected: str | None) -> None:
    fault = find_fault(GOOD, new)
    assert fault is None if expected is None else expected in str(fault)


def test_good_model_after_a_silent_one_has_no_fault() -> None:
    assert find_fault(summary(*[[]] * MANY), GOOD) is None


def test_few_missing_words_are_chance() -> None:
    assert find_fault(summary(*[words(0.9)] * 6), summary(*[[]] * 3, *[words(0.9)] * 3)) is None
    assert find_fault(summary(*[words(0.9)] * 6), summary(*[[]] * 4, *[words(0.9)] * 2)) is not None


def test_few_segments_decide_nothing() -> None:
    few = MIN_SEGMENTS - 1
    assert find_fault(summary(*[words(0.9)] * few), summary(*[[]] * few)) is None


def test_recent_segments_with_a_raised_hand_are_stored_unchanged() -> None:
    recent = RecentSegments(raise_threshold=1.0)
    signs = [Sign(number + 0.2, number + 0.7, PLACES[number % 3]) for number in range(MAX_SEGMENTS + 3)]
    for landmarks in stream(even_times(30, MAX_SEGMENTS + 3.0), *signs):
        recent.observe(NO_IMAGE, landmarks)
    found = recent.next_after(0)
    assert found is not None
    first, segment = found
    assert first == 4  # the first three were dropped
    assert segment.times[0] == pytest.approx(signs[3].start, abs=0.04)
    assert segment.duration == pytest.approx(0.5, abs=0.04)
    assert recent.next_after(MAX_SEGMENTS + 3) is None


def shadow_model(bundle: Bundle) -> ShadowModel:
    return ShadowModel(bundle, OnnxClassifier(bundle), bundle.manifest.calibration.threshold)


def test_models_are_compared_by_the_words_that_the_device_may_say(bundle: Bundle) -> None:
    model = replace(shadow_model(bundle), allowed=frozenset({75}))
    said = [model.recognise(take(even_times(30, 1.0), Sign(0.0, 1.0, place)), threading.Event()) for place in PLACES]
    assert [[one.sign.sign_id for one in words or ()] for words in said] == [[], [75], []]


def test_segment_with_a_sign_unknown_to_the_new_model_does_not_count(bundle: Bundle, tmp_path: Path) -> None:
    fewer = open_bundle(write_bundle(tmp_path / "fewer", places=(PLACES[0], 5.0, 6.0)))
    knows_one = Bundle(fewer.folder, fewer.manifest, fewer.signs[:1], fewer.probe)
    shadow = Shadow(shadow_model(bundle), ShadowModel(knows_one, OnnxClassifier(fewer), 0.6))
    for place in PLACES:
        shadow.compare(take(even_times(30, 1.0), Sign(0.0, 1.0, place)), threading.Event())
    assert shadow.compared == 1


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    """Return a store whose active bundle is on probation."""
    store = BundleStore(tmp_path / "models")
    store.install(write_bundle(tmp_path / "next", landmarker=FINGERPRINT), activate=True)
    return store


def test_orderly_exit_is_not_the_models_fault(store: BundleStore) -> None:
    for number in range(2 * MAX_STARTS):
        with suppress(CameraLost), counted_start(store):
            if number % 2:
                raise CameraLost("the cable is out")
    assert store.current() is not None


def test_crash_is_the_models_fault(store: BundleStore) -> None:
    for _ in range(MAX_STARTS):
        with pytest.raises(ZeroDivisionError), counted_start(store):
            raise ZeroDivisionError
        assert store.current() is not None
    with counted_start(store):
        assert store.current() is None  # the shipped one is active


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def state(
    bundle: Bundle, status: DeviceStatus, liveness: LivenessMonitor, clock: Clock, shadow: Shadow | None = None
) -> ProbationState:
    return ProbationState(ModelConfig(), MeteredClassifier(OnnxClassifier(bundle)), status, liveness, shadow, clock)


def test_stalled_daemon_is_the_models_fault(bundle: Bundle) -> None:
    status, clock = DeviceStatus(), Clock()
    liveness = LivenessMonitor(status)
    probation = state(bundle, status, liveness, clock)
    liveness.frame_done()
    assert liveness.is_alive()
    assert not liveness.is_alive()
    assert probation.find_fault() is None
    clock.now += STALLED_S
    assert "stalled" in str(probation.find_fault())
    liveness.frame_done()
    assert liveness.is_alive()
    assert probation.find_fault() is None


def test_lasting_fault_that_came_with_the_model_is_its_fault(bundle: Bundle) -> None:
    status, clock = DeviceStatus(), Clock()
    probation = state(bundle, status, LivenessMonitor(status), clock)
    for component in (Component.CAMERA, Component.BROKER):
        status.report(component, f"the {component} is lost")
    assert probation.find_fault() is None
    clock.now += FAULT_S
    assert probation.find_fault() is None
    status.report(Component.SCREEN, "the screen is lost")
    assert probation.find_fault() is None
    clock.now += FAULT_S
    assert probation.find_fault() == "a fault came with the model: the screen is lost"


def test_model_is_proven_only_after_enough_signing(bundle: Bundle) -> None:
    status, clock = DeviceStatus(), Clock()
    classifier = MeteredClassifier(OnnxClassifier(bundle))
    shadow = Shadow(shadow_model(bundle), ShadowModel(bundle, classifier, 0.6))
    probation = ProbationState(ModelConfig(), classifier, status, LivenessMonitor(status), shadow, clock)
    clock.now += ModelConfig().probation_s
    assert probation.is_long_enough
    assert not probation.is_seen_enough
    for _ in range(MIN_SEGMENTS):
        shadow.compare(take(even_times(30, 1.0), Sign(0.0, 1.0, PLACES[0])), threading.Event())
    assert classifier.predictions >= MIN_PREDICTIONS
    assert probation.is_seen_enough
    assert probation.find_fault() is None
