"""What is found wrong with a model on probation, and what is not."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from edge.cameras.camera import CameraLost
from edge.config import ModelConfig
from edge.monitoring.liveness import LivenessMonitor
from edge.monitoring.meter import MeteredClassifier
from edge.monitoring.status import Component, DeviceStatus
from edge.probation.comparison import MIN_SEGMENTS, ModelSummary, find_fault
from edge.probation.probation_state import FAULT_S, MIN_PREDICTIONS, STALLED_S, ProbationState
from edge.probation.segments import MAX_SEGMENTS, RecentSegments
from edge.probation.shadow import Shadow, ShadowModel
from edge.probation.starts import MAX_STARTS, counted_start
from landmarkers.frame import Frame
from landmarkers.tracking import FINGERPRINT
from models.bundle import Bundle, open_bundle
from models.classifier import Candidate, OnnxClassifier
from models.labels import Sign as Label
from models.store import BundleStore
from tests.edge.tiny_bundle import PLACES, write_bundle
from tests.synthetic_signer import Sign, even_times, stream, take

MANY = 20
NO_PICTURE = Frame(np.zeros((0, 0, 3), np.uint8), 0.0)


def said(*confidences: float, sign_id: int = 1) -> list[Candidate]:
    return [Candidate(Label(sign_id=sign_id, word="", word_en=""), confidence) for confidence in confidences]


def showing(*each: Sequence[Candidate]) -> ModelSummary:
    return ModelSummary.of(each)


GOOD = showing(*(said(0.9, sign_id=number) for number in range(MANY)))


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (GOOD, None),
        (showing(*(said(0.6, sign_id=number) for number in range(MANY))), None),
        (showing(*[[]] * 8, *(said(0.9, sign_id=number) for number in range(12))), None),
        (
            showing(*[[]] * 9, *(said(0.9, sign_id=number) for number in range(11))),
            "it says no sign at 9, the model before at 0",
        ),
        (showing(*[[]] * MANY), "of the last 20 times that somebody raised a hand it says no sign at 20"),
        (
            showing(*(said(0.5, sign_id=number) for number in range(MANY))),
            "it is sure to 50% in the mean, the model before to 90%",
        ),
        (
            showing(*(said(*[0.9] * 4, sign_id=number) for number in range(MANY))),
            "it says 80 words, the model before 20",
        ),
        (showing(*[said(0.9)] * MANY), "it says one and the same sign, the model before 20 different ones"),
    ],
)
def test_only_what_no_good_model_says_is_a_fault(new: ModelSummary, told: str | None) -> None:
    fault = find_fault(GOOD, new)
    assert fault is None if told is None else told in str(fault)


def test_a_good_model_after_one_that_said_nothing_is_no_fault() -> None:
    assert find_fault(showing(*[[]] * MANY), GOOD) is None


def test_a_few_words_less_are_chance() -> None:
    assert find_fault(showing(*[said(0.9)] * 6), showing(*[[]] * 3, *[said(0.9)] * 3)) is None
    assert find_fault(showing(*[said(0.9)] * 6), showing(*[[]] * 4, *[said(0.9)] * 2)) is not None


def test_of_few_stretches_nothing_is_told() -> None:
    few = MIN_SEGMENTS - 1
    assert find_fault(showing(*[said(0.9)] * few), showing(*[[]] * few)) is None


def test_the_last_stretches_with_a_hand_up_are_remembered_as_they_were() -> None:
    recent = RecentSegments(raise_threshold=1.0)
    signs = [Sign(number + 0.2, number + 0.7, PLACES[number % 3]) for number in range(MAX_SEGMENTS + 3)]
    for landmarks in stream(even_times(30, MAX_SEGMENTS + 3.0), *signs):
        recent.observe(NO_PICTURE, landmarks)
    found = recent.next_after(0)
    assert found is not None
    first, stretch = found
    assert first == 4  # of the first three nobody knows any more
    assert stretch.times[0] == pytest.approx(signs[3].start, abs=0.04)
    assert stretch.duration == pytest.approx(0.5, abs=0.04)
    assert recent.next_after(MAX_SEGMENTS + 3) is None


def reader(bundle: Bundle) -> ShadowModel:
    return ShadowModel(bundle, OnnxClassifier(bundle), bundle.manifest.calibration.threshold)


def test_a_stretch_with_a_sign_that_the_new_model_was_not_taught_does_not_count(bundle: Bundle, tmp_path: Path) -> None:
    fewer = open_bundle(write_bundle(tmp_path / "fewer", places=(PLACES[0], 5.0, 6.0)))
    knows_one = Bundle(fewer.folder, fewer.manifest, fewer.signs[:1], fewer.probe)
    shadow = Shadow(reader(bundle), ShadowModel(knows_one, OnnxClassifier(fewer), 0.6))
    for place in PLACES:
        shadow.compare(take(even_times(30, 1.0), Sign(0.0, 1.0, place)), threading.Event())
    assert shadow.compared == 1


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    """A store whose bundle is on probation."""
    store = BundleStore(tmp_path / "models")
    store.install(write_bundle(tmp_path / "next", landmarker=FINGERPRINT), activate=True)
    return store


def test_a_daemon_that_leaves_in_an_orderly_way_was_not_ended_by_its_model(store: BundleStore) -> None:
    for number in range(2 * MAX_STARTS):
        with suppress(CameraLost), counted_start(store):
            if number % 2:
                raise CameraLost("the cable is out")
    assert store.current() is not None


def test_a_daemon_that_ends_otherwise_was(store: BundleStore) -> None:
    for _ in range(MAX_STARTS):
        with pytest.raises(ZeroDivisionError), counted_start(store):
            raise ZeroDivisionError
        assert store.current() is not None
    with counted_start(store):
        assert store.current() is None  # the shipped one serves


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def term(
    bundle: Bundle, status: DeviceStatus, heart: LivenessMonitor, clock: Clock, shadow: Shadow | None = None
) -> ProbationState:
    return ProbationState(ModelConfig(), MeteredClassifier(OnnxClassifier(bundle)), status, heart, shadow, clock)


def test_a_daemon_that_stands_still_is_the_models_fault(bundle: Bundle) -> None:
    status, clock = DeviceStatus(), Clock()
    heart = LivenessMonitor(status)
    one = term(bundle, status, heart, clock)
    assert not heart.is_alive()
    assert one.find_fault() is None
    clock.now += STALLED_S
    assert "stands still" in str(one.find_fault())
    heart.frame_done()
    assert heart.is_alive()
    assert one.find_fault() is None


def test_a_trouble_that_came_with_the_model_and_stays_is_its_fault(bundle: Bundle) -> None:
    status, clock = DeviceStatus(), Clock()
    one = term(bundle, status, LivenessMonitor(status), clock)
    for part in (Component.CAMERA, Component.BROKER):
        status.report(part, f"the {part} is away")
    assert one.find_fault() is None
    clock.now += FAULT_S
    assert one.find_fault() is None
    status.report(Component.SCREEN, "the screen is away")
    assert one.find_fault() is None
    clock.now += FAULT_S
    assert one.find_fault() == "since it reads something is wrong: the screen is away"


def test_a_model_is_proven_only_when_somebody_has_signed(bundle: Bundle) -> None:
    status, clock = DeviceStatus(), Clock()
    classifier = MeteredClassifier(OnnxClassifier(bundle))
    shadow = Shadow(reader(bundle), ShadowModel(bundle, classifier, 0.6))
    one = ProbationState(ModelConfig(), classifier, status, LivenessMonitor(status), shadow, clock)
    clock.now += ModelConfig().probation_s
    assert one.is_long_enough
    assert not one.is_seen_enough
    for _ in range(MIN_SEGMENTS):
        shadow.compare(take(even_times(30, 1.0), Sign(0.0, 1.0, PLACES[0])), threading.Event())
    assert classifier.predictions >= MIN_PREDICTIONS
    assert one.is_seen_enough
    assert one.find_fault() is None
