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
PLACES = (0.3, 0.7)


class ByPlace:
    """A classifier that knows two signs by the place of the right hand, the surer the longer the hand was there."""

    def classify(self, take: Take) -> Prediction:
        x = take.points[:, PART_SLICES[Part.RIGHT_HAND].start, 0]
        shares = [float(np.mean(np.abs(x - place) < 0.1)) ** 2 for place in PLACES]
        guesses = [
            Candidate(Label(sign_id=number, word="كلمة", word_en="word"), share)
            for number, share in enumerate(shares, 1)
        ]
        return Prediction(sorted(guesses, key=lambda guess: -guess.confidence), no_sign=0.0)


class Steady:
    """A classifier that reads every piece as the same sign; as it is, never surely enough to say it before its end."""

    def __init__(self, confidence: float = 0.8) -> None:
        self._confidence = confidence

    def classify(self, take: Take) -> Prediction:
        del take
        return Prediction([Candidate(Label(sign_id=1, word="كلمة", word_en="word"), self._confidence)], no_sign=0.0)


def spot(
    landmarks: Sequence[Landmarks], settings: SpotterSettings = SETTINGS, classifier: Classifier | None = None
) -> list[Take]:
    """The takes of a stream and of its end."""
    spotter = SignSpotter(settings, LANDMARKER, classifier or Steady())
    takes = [take for one in landmarks for take in spotter.push(one)]
    return [*takes, *spotter.flush()]


def only(takes: Sequence[Take]) -> Take:
    assert len(takes) == 1
    return takes[0]


def test_a_hand_raised_and_rested_is_one_sign_from_its_rise_to_its_rest() -> None:
    take = only(spot(stream(even_times(30, 4.0), Sign(1.0, 2.5))))
    assert take.times[0] == pytest.approx(1.0)
    assert take.times[-1] == pytest.approx(2.5)
    assert take.provenance.landmarker == LANDMARKER


@pytest.mark.parametrize("rate", [5, 10, 15, 30, 60])
def test_a_sign_is_found_alike_at_any_rate(rate: int) -> None:
    take = only(spot(stream(even_times(rate, 4.0), Sign(1.03, 2.47))))
    assert 0.0 <= take.times[0] - 1.03 <= 1 / rate
    assert 0.0 <= 2.47 - take.times[-1] <= 1 / rate


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate", [5, 10, 15, 30, 60])
def test_dropped_frames_move_a_sign_by_no_more_than_the_gap_they_leave(rate: int, seed: int) -> None:
    kept = np.random.default_rng(seed).random(len(even_times(rate, 4.0))) > 0.3
    times = [time for time, keep in zip(even_times(rate, 4.0), kept, strict=True) if keep]
    take = only(spot(stream(times, Sign(1.03, 2.47))))
    gap = float(np.diff(times).max())
    assert 0.0 <= take.times[0] - 1.03 <= gap
    assert 0.0 <= 2.47 - take.times[-1] <= gap


@pytest.mark.parametrize("rate", [5, 15, 60])
def test_a_sign_is_given_as_soon_as_the_hands_have_rested(rate: int) -> None:
    spotter = SignSpotter(SETTINGS, LANDMARKER, Steady())
    given = [one.time for one in stream(even_times(rate, 4.0), Sign(1.0, 2.0)) for _ in spotter.push(one)]
    assert len(given) == 1
    assert SETTINGS.end_after_s - 1e-6 <= given[0] - 2.0 <= SETTINGS.end_after_s + 2 / rate


def test_two_signs_with_a_rest_between_are_two() -> None:
    takes = spot(stream(even_times(30, 5.0), Sign(1.0, 2.0), Sign(2.5, 3.5)))
    assert [(round(float(take.times[0]), 3), round(float(take.times[-1]), 3)) for take in takes] == [
        (1.0, 2.0),
        (2.5, 3.5),
    ]


def test_a_dip_shorter_than_a_rest_splits_no_sign() -> None:
    settings = SpotterSettings(end_after_s=0.3)
    take = only(spot(stream(even_times(30, 5.0), Sign(1.0, 2.0), Sign(2.2, 3.0)), settings))
    assert take.times[-1] == pytest.approx(3.0)


@pytest.mark.parametrize("rate", [15, 30, 60])
def test_a_twitch_is_no_sign(rate: int) -> None:
    assert spot(stream(even_times(rate, 3.0), Sign(1.0, 1.08))) == []


@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_a_sign_held_long_is_said_once(confidence: float) -> None:
    settings = SpotterSettings(max_duration_s=2.0)
    take = only(spot(stream(even_times(30, 12.0), Sign(1.0, 10.0)), settings, Steady(confidence)))
    assert take.duration <= 2.0 + 1 / 30


@pytest.mark.parametrize("rate", [10, 15, 30])
def test_signs_without_a_rest_between_them_are_told_apart(rate: int) -> None:
    signs = (Sign(1.0, 2.0, PLACES[0]), Sign(2.01, 3.0, PLACES[1]), Sign(3.01, 4.0, PLACES[0]))
    takes = spot(stream(even_times(rate, 5.0), *signs), classifier=ByPlace())
    assert len(takes) == 3
    for take, sign in zip(takes, signs, strict=True):
        assert abs(take.times[0] - sign.start) <= SETTINGS.stride_s + 2 / rate
        assert abs(take.times[-1] - sign.end) <= SETTINGS.stride_s + 2 / rate


def test_a_sign_read_surely_for_a_while_is_given_before_it_ends_and_only_once() -> None:
    spotter = SignSpotter(SETTINGS, LANDMARKER, ByPlace())
    signs = stream(even_times(30, 6.0), Sign(1.0, 3.0, PLACES[0]), Sign(3.01, 5.0, PLACES[1]))
    given = [(one.time, take) for one in signs for take in spotter.push(one)]
    assert len(given) == 2
    for (time, take), start in zip(given, (1.0, 3.01), strict=True):
        assert take.times[0] == pytest.approx(start, abs=SETTINGS.stride_s + 1 / 15)
        assert take.times[-1] == pytest.approx(time)
        needed = SETTINGS.min_duration_s + SETTINGS.early_after_s
        assert start + needed - 0.01 <= time <= start + needed + 3 * SETTINGS.stride_s


def test_a_sign_is_given_while_the_next_one_is_made() -> None:
    spotter = SignSpotter(SpotterSettings(early_confidence=1.0, early_after_s=3.0), LANDMARKER, ByPlace())
    signs = stream(even_times(30, 6.0), Sign(1.0, 2.0, PLACES[0]), Sign(2.01, 5.0, PLACES[1]))
    given = [one.time for one in signs for _ in spotter.push(one)]
    assert 2.0 + SETTINGS.commit_delay_s - SETTINGS.stride_s <= given[0] <= 2.0 + SETTINGS.commit_delay_s + 0.5


def test_hands_up_for_minutes_are_forgotten_but_for_the_last_seconds() -> None:
    spotter = SignSpotter(SETTINGS, LANDMARKER, ByPlace())
    for one in stream(even_times(15, 90.0), Sign(1.0, 90.0, 0.5)):
        assert list(spotter.push(one)) == []
    assert len(spotter._window) < 15 * (SETTINGS.max_duration_s + SETTINGS.commit_delay_s + 1.0)


def test_a_stream_that_stood_still_continues_no_sign() -> None:
    times = [time for time in even_times(30, 6.0) if not 2.0 < time < 4.0]
    takes = spot(stream(times, Sign(1.0, 5.0)))
    assert [(round(float(take.times[0]), 1), round(float(take.times[-1]), 1)) for take in takes] == [
        (1.0, 2.0),
        (4.0, 5.0),
    ]


def test_a_stream_that_ends_in_a_sign_gives_it_at_the_end() -> None:
    spotter = SignSpotter(SETTINGS, LANDMARKER, Steady())
    assert [take for one in stream(even_times(30, 2.0), Sign(1.0, 9.0)) for take in spotter.push(one)] == []
    take = only(list(spotter.flush()))
    assert (take.times[0], take.times[-1]) == (pytest.approx(1.0), pytest.approx(2.0))
    assert list(spotter.flush()) == []


def test_a_hand_in_view_without_a_body_counts_as_raised() -> None:
    landmarks = [
        hand_without_body(time) if 1.0 <= time <= 2.0 else Landmarks.empty(time) for time in even_times(30, 3.0)
    ]
    take = only(spot(landmarks))
    assert (take.times[0], take.times[-1]) == (pytest.approx(1.0), pytest.approx(2.0))


def test_a_signer_who_walks_out_of_view_ends_the_sign() -> None:
    signs = stream(even_times(30, 2.0), Sign(1.0, 9.0))
    nobody = [Landmarks.empty(2.0 + time) for time in even_times(30, 1.0)[1:]]
    assert only(spot([*signs, *nobody])).times[-1] == pytest.approx(2.0)


def test_nobody_and_somebody_at_rest_give_nothing() -> None:
    assert spot([Landmarks.empty(time) for time in even_times(30, 3.0)]) == []
    assert spot([signer(time, None) for time in even_times(30, 3.0)]) == []
    assert spot([]) == []
