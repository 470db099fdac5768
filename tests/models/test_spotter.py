from collections.abc import Sequence

import numpy as np
import pytest

from landmarkers.frame import Landmarks
from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import Take
from models.classifier import Candidate, Classifier, Prediction
from models.labels import Sign as Label
from models.manifest import SpotterSettings
from models.spotter import SignSpotter
from tests.synthetic_signer import LANDMARKER, Sign, even_times, hand_without_body, signer, stream

SETTINGS = SpotterSettings()
POSITIONS = (0.3, 0.7)


class PositionClassifier:
    """Recognises two signs by the x of the right hand, more confidently the longer the hand is there."""

    def classify(self, take: Take) -> Prediction:
        x = take.points[:, PART_SLICES[Part.RIGHT_HAND].start, 0]
        shares = [float(np.mean(np.abs(x - position) < 0.1)) ** 2 for position in POSITIONS]
        candidates = [
            Candidate(Label(sign_id=number, word="كلمة", word_en="word"), share)
            for number, share in enumerate(shares, 1)
        ]
        return Prediction(sorted(candidates, key=lambda candidate: -candidate.confidence), no_sign=0.0)


class ConstantClassifier:
    """Predicts the same sign for every segment, by default with too little confidence to emit it early."""

    def __init__(self, confidence: float = 0.8) -> None:
        self._confidence = confidence

    def classify(self, take: Take) -> Prediction:
        del take
        return Prediction([Candidate(Label(sign_id=1, word="كلمة", word_en="word"), self._confidence)], no_sign=0.0)


class LateStartClassifier:
    """Predicts one sign; once it lasts longer, it is most confident of segments that begin later."""

    def classify(self, take: Take) -> Prediction:
        is_later = take.times[0] > 1.2
        confidence = 0.99 if is_later else 0.9 if take.times[-1] < 2.1 else 0.45
        return ConstantClassifier(confidence).classify(take)


def spot(
    landmarks: Sequence[Landmarks], settings: SpotterSettings = SETTINGS, classifier: Classifier | None = None
) -> list[Take]:
    """The takes of a stream and of its end."""
    spotter = SignSpotter(settings, LANDMARKER, classifier or ConstantClassifier())
    takes = [take for one in landmarks for take in spotter.push(one)]
    return [*takes, *spotter.flush()]


def only(takes: Sequence[Take]) -> Take:
    assert len(takes) == 1
    return takes[0]


def test_sign_lasts_from_the_hands_rise_to_its_rest() -> None:
    take = only(spot(stream(even_times(30, 4.0), Sign(1.0, 2.5))))
    assert take.times[0] == pytest.approx(1.0)
    assert take.times[-1] == pytest.approx(2.5)
    assert take.provenance.landmarker == LANDMARKER


@pytest.mark.parametrize("rate", [5, 10, 15, 30, 60])
def test_sign_is_found_at_any_frame_rate(rate: int) -> None:
    take = only(spot(stream(even_times(rate, 4.0), Sign(1.03, 2.47))))
    assert 0.0 <= take.times[0] - 1.03 <= 1 / rate
    assert 0.0 <= 2.47 - take.times[-1] <= 1 / rate


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate", [5, 10, 15, 30, 60])
def test_dropped_frames_shift_a_sign_by_at_most_their_gap(rate: int, seed: int) -> None:
    kept = np.random.default_rng(seed).random(len(even_times(rate, 4.0))) > 0.3
    times = [time for time, keep in zip(even_times(rate, 4.0), kept, strict=True) if keep]
    take = only(spot(stream(times, Sign(1.03, 2.47))))
    gap = float(np.diff(times).max())
    assert 0.0 <= take.times[0] - 1.03 <= gap
    assert 0.0 <= 2.47 - take.times[-1] <= gap


@pytest.mark.parametrize("rate", [5, 15, 60])
def test_sign_is_emitted_as_soon_as_the_hands_have_rested(rate: int) -> None:
    spotter = SignSpotter(SETTINGS, LANDMARKER, ConstantClassifier())
    emitted = [one.time for one in stream(even_times(rate, 4.0), Sign(1.0, 2.0)) for _ in spotter.push(one)]
    assert len(emitted) == 1
    assert SETTINGS.end_after_s - 1e-6 <= emitted[0] - 2.0 <= SETTINGS.end_after_s + 2 / rate


def test_signs_with_a_rest_between_them_are_separate() -> None:
    takes = spot(stream(even_times(30, 5.0), Sign(1.0, 2.0), Sign(2.5, 3.5)))
    assert [(round(float(take.times[0]), 3), round(float(take.times[-1]), 3)) for take in takes] == [
        (1.0, 2.0),
        (2.5, 3.5),
    ]


def test_dip_shorter_than_a_rest_does_not_divide_a_sign() -> None:
    settings = SpotterSettings(end_after_s=0.3)
    take = only(spot(stream(even_times(30, 5.0), Sign(1.0, 2.0), Sign(2.2, 3.0)), settings))
    assert take.times[-1] == pytest.approx(3.0)


@pytest.mark.parametrize("rate", [15, 30, 60])
def test_short_twitch_is_not_a_sign(rate: int) -> None:
    assert spot(stream(even_times(rate, 3.0), Sign(1.0, 1.08))) == []


@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_sign_held_for_long_is_emitted_once(confidence: float) -> None:
    settings = SpotterSettings(max_duration_s=2.0)
    take = only(spot(stream(even_times(30, 12.0), Sign(1.0, 10.0)), settings, ConstantClassifier(confidence)))
    assert take.duration <= 2.0 + 1 / 30


@pytest.mark.parametrize("rate", [10, 15, 30])
def test_signs_without_a_rest_between_them_are_divided(rate: int) -> None:
    signs = (Sign(1.0, 2.0, POSITIONS[0]), Sign(2.01, 3.0, POSITIONS[1]), Sign(3.01, 4.0, POSITIONS[0]))
    takes = spot(stream(even_times(rate, 5.0), *signs), classifier=PositionClassifier())
    assert len(takes) == 3
    for take, sign in zip(takes, signs, strict=True):
        assert abs(take.times[0] - sign.start) <= SETTINGS.stride_s + 2 / rate
        assert abs(take.times[-1] - sign.end) <= SETTINGS.stride_s + 2 / rate


def test_stable_confident_sign_is_emitted_early_and_only_once() -> None:
    spotter = SignSpotter(SETTINGS, LANDMARKER, PositionClassifier())
    signs = stream(even_times(30, 6.0), Sign(1.0, 3.0, POSITIONS[0]), Sign(3.01, 5.0, POSITIONS[1]))
    emitted = [(one.time, take) for one in signs for take in spotter.push(one)]
    assert len(emitted) == 2
    for (time, take), start in zip(emitted, (1.0, 3.01), strict=True):
        assert take.times[0] == pytest.approx(start, abs=SETTINGS.stride_s + 1 / 15)
        assert take.times[-1] == pytest.approx(time)
        needed = SETTINGS.min_duration_s + SETTINGS.early_after_s
        assert start + needed - 0.01 <= time <= start + needed + 3 * SETTINGS.stride_s


def test_sign_is_emitted_while_the_next_one_is_signed() -> None:
    spotter = SignSpotter(SpotterSettings(early_confidence=1.0, early_after_s=3.0), LANDMARKER, PositionClassifier())
    signs = stream(even_times(30, 6.0), Sign(1.0, 2.0, POSITIONS[0]), Sign(2.01, 5.0, POSITIONS[1]))
    emitted = [one.time for one in signs for _ in spotter.push(one)]
    assert 2.0 + SETTINGS.commit_delay_s - SETTINGS.stride_s <= emitted[0] <= 2.0 + SETTINGS.commit_delay_s + 0.5


def test_window_of_hands_up_for_minutes_is_bounded() -> None:
    spotter = SignSpotter(SETTINGS, LANDMARKER, PositionClassifier())
    for one in stream(even_times(15, 90.0), Sign(1.0, 90.0, 0.5)):
        assert list(spotter.push(one)) == []
    assert len(spotter._window) < 15 * (SETTINGS.max_duration_s + SETTINGS.commit_delay_s + 1.0)


def test_gap_in_the_stream_ends_a_sign() -> None:
    times = [time for time in even_times(30, 6.0) if not 2.0 < time < 4.0]
    takes = spot(stream(times, Sign(1.0, 5.0)))
    assert [(round(float(take.times[0]), 1), round(float(take.times[-1]), 1)) for take in takes] == [
        (1.0, 2.0),
        (4.0, 5.0),
    ]


def test_flush_emits_the_sign_in_progress() -> None:
    spotter = SignSpotter(SETTINGS, LANDMARKER, ConstantClassifier())
    assert [take for one in stream(even_times(30, 2.0), Sign(1.0, 9.0)) for take in spotter.push(one)] == []
    take = only(list(spotter.flush()))
    assert (take.times[0], take.times[-1]) == (pytest.approx(1.0), pytest.approx(2.0))
    assert list(spotter.flush()) == []


def test_visible_hand_without_a_body_counts_as_raised() -> None:
    landmarks = [
        hand_without_body(time) if 1.0 <= time <= 2.0 else Landmarks.empty(time) for time in even_times(30, 3.0)
    ]
    take = only(spot(landmarks))
    assert (take.times[0], take.times[-1]) == (pytest.approx(1.0), pytest.approx(2.0))


def test_signer_who_leaves_the_view_ends_the_sign() -> None:
    signs = stream(even_times(30, 2.0), Sign(1.0, 9.0))
    nobody = [Landmarks.empty(2.0 + time) for time in even_times(30, 1.0)[1:]]
    assert only(spot([*signs, *nobody])).times[-1] == pytest.approx(2.0)


def test_nobody_and_a_resting_signer_emit_nothing() -> None:
    assert spot([Landmarks.empty(time) for time in even_times(30, 3.0)]) == []
    assert spot([signer(time, None) for time in even_times(30, 3.0)]) == []
    assert spot([]) == []


def test_sign_emitted_early_is_not_emitted_again_when_it_seems_to_begin_later() -> None:
    moving = stream(even_times(30, 4.0), Sign(1.0, 2.0, x=0.3), Sign(2.0, 3.0, x=0.7))
    assert len(spot(moving, classifier=LateStartClassifier())) == 1


def test_held_sign_is_one_sign_though_the_hand_leaves_at_its_end() -> None:
    held = stream(even_times(30, 8.0), Sign(1.0, 6.0, x=0.3), Sign(6.0, 6.1, x=0.7))
    assert len(spot(held, classifier=ConstantClassifier(0.95))) == 1
