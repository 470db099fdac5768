from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, RIGHT_WRIST, Part
from landmarkers.take import Take
from models.activity_detection import is_hand_raised
from tests.trainer.stream_takes import RATE, rest_take, sign_take
from trainer.evaluation.streams import (
    REST_BELOW,
    REST_S,
    TRANSITION_TO_SIGN_S,
    RestVisibility,
    Stream,
    StreamPlan,
    align_shoulders,
    make_stream,
    plan_streams,
    resample,
    rest_segments,
    rest_stream,
    shoulders_of,
    simulate_camera,
)
from trainer.evaluation.wrists import Wrists

PLACES = {71: 0.8, 75: 0.5, 76: 0.2}
SECONDS = {71: 0.7, 75: 0.8, 76: 0.9}
TAKES = tuple(sign_take(sign_id, place, seconds=SECONDS[sign_id]) for sign_id, place in PLACES.items())
RESTS = tuple(rest_segments(rest_take()))


def stream(*, with_rest: bool, lap: RestVisibility = RestVisibility.MIXED, seed: int = 1) -> Stream:
    return make_stream(StreamPlan("01", with_rest, TAKES, (seed,)), RESTS, lap)


def raised(take: Take) -> NDArray[np.bool_]:
    return np.array([is_hand_raised(landmarks, REST_BELOW) for landmarks in take.landmarks()])


def wrist(take: Take) -> NDArray[np.float32]:
    return take.points[:, PART_SLICES[Part.POSE]][:, RIGHT_WRIST, :2]


def test_rest_is_where_both_hands_are_in_view_and_lie_below_for_a_while() -> None:
    (rest,) = rest_segments(rest_take(seconds=0.8))
    assert not raised(rest).any()
    assert rest.visible(Part.LEFT_HAND).all()
    assert rest.duration == pytest.approx(0.7, abs=2 / RATE)  # the first moment, while they settle, is left out
    assert rest_segments(rest_take(seconds=0.3)) == []
    assert rest_segments(sign_take(71, 0.5)) == []


def test_hands_out_of_view_are_no_rest() -> None:
    take = rest_take()
    take.points[:, PART_SLICES[Part.LEFT_HAND]] = np.nan
    assert rest_segments(take) == []


def test_a_take_laid_onto_other_shoulders_has_them_there_and_its_hands_as_high_as_before() -> None:
    away = sign_take(71, 0.5)
    away.points[:] = away.points * 1.7 + np.array([0.2, -0.1, 0.0], np.float32)
    laid = align_shoulders(rest_take(), shoulders_of(away))
    for shoulder in (LEFT_SHOULDER, RIGHT_SHOULDER):
        number = PART_SLICES[Part.POSE].start + shoulder
        assert laid.points[0, number, :2] == pytest.approx(away.points[0, number, :2], abs=1e-5)
    before, after = Wrists.of(rest_take()), Wrists.of(laid)
    assert after.heights[Part.RIGHT_HAND] == pytest.approx(before.heights[Part.RIGHT_HAND], abs=1e-4)


@pytest.mark.parametrize("with_rest", [True, False])
@pytest.mark.parametrize("rate", [10, 15, 30])
def test_a_stream_holds_its_signs_at_the_told_times_whatever_the_rate(rate: int, with_rest: bool) -> None:
    made = stream(with_rest=with_rest)
    seen = simulate_camera(made.recorded, rate, 0.1, np.random.default_rng(rate))
    assert [signed.sign_id for signed in made.signed] == list(PLACES)
    for signed, take in zip(made.signed, TAKES, strict=True):
        assert signed.end - signed.start == pytest.approx(take.duration)
        during = (seen.times >= signed.start) & (seen.times <= signed.end)
        assert during.sum() >= 0.5 * rate * take.duration
        assert wrist(seen)[during, 0] == pytest.approx(PLACES[signed.sign_id], abs=1e-4)
        assert raised(seen)[during].all()


def test_hands_rest_between_signs_for_as_long_as_a_rest_lasts() -> None:
    made = stream(with_rest=True)
    seen = resample(made.recorded, np.arange(0.0, made.recorded.duration, 0.01))
    for before, after in pairwise(made.signed):
        down = ~raised(seen) & (seen.times > before.end) & (seen.times < after.start)
        assert REST_S[0] - 0.1 <= 0.01 * down.sum() <= REST_S[1] + 0.6
        assert seen.visible(Part.LEFT_HAND)[down].any()


def test_without_rest_one_sign_follows_the_other_and_only_the_ends_rest() -> None:
    made = stream(with_rest=False)
    for before, after in pairwise(made.signed):
        assert TRANSITION_TO_SIGN_S[0] <= after.start - before.end <= TRANSITION_TO_SIGN_S[1]
        way = resample(made.recorded, np.array([before.end, (before.end + after.start) / 2, after.start]))
        assert wrist(way)[1] == pytest.approx((wrist(way)[0] + wrist(way)[2]) / 2, abs=1e-4)
    up = raised(made.recorded)
    assert not up[0]
    assert not up[-1]


def test_nothing_jumps() -> None:
    made = stream(with_rest=True)
    seen = resample(made.recorded, np.arange(0.0, made.recorded.duration, 0.01))
    assert np.linalg.norm(np.diff(wrist(seen), axis=0), axis=-1).max() < 0.06


def test_dropped_frames_drop_and_the_others_keep_their_times() -> None:
    recorded = rest_stream(RESTS, 60.0, np.random.default_rng(1))
    whole = simulate_camera(recorded, 15, 0.0, np.random.default_rng(2))
    holey = simulate_camera(recorded, 15, 0.3, np.random.default_rng(2))
    assert len(whole) == pytest.approx(15 * recorded.duration, abs=1)
    assert np.diff(whole.times) == pytest.approx(1 / 15)
    assert set(holey.times) < set(whole.times)
    assert len(holey) / len(whole) == pytest.approx(0.7, abs=0.06)


def test_a_hand_that_only_one_pose_shows_goes_with_its_wrist_for_half_the_way() -> None:
    take = rest_take()
    there, gone = take.points[-1].copy(), take.points[-1].copy()
    gone[PART_SLICES[Part.RIGHT_HAND]] = np.nan
    gone[PART_SLICES[Part.POSE], 1] -= 0.4
    way = resample(
        Take(np.stack([there, gone]), np.array([0.0, 1.0]), take.provenance), np.array([0.0, 0.25, 0.75, 1.0])
    )
    assert way.visible(Part.RIGHT_HAND).tolist() == [True, True, False, False]
    hand = way.points[:, PART_SLICES[Part.RIGHT_HAND]]
    assert hand[1, :, 1] == pytest.approx(hand[0, :, 1] - 0.1, abs=1e-5)


def test_what_the_camera_sees_of_resting_hands_is_chosen() -> None:
    seen = {lap: stream(with_rest=True, lap=lap) for lap in RestVisibility}
    left = {}
    for lap, made in seen.items():
        times = made.recorded.times
        during = (times >= made.signed[1].start) & (times <= made.signed[1].end)
        at_rest = times < 0.3
        left[lap] = [bool(made.recorded.visible(Part.LEFT_HAND)[when].all()) for when in (at_rest, during)]
    assert left == {
        RestVisibility.MIXED: [True, False],
        RestVisibility.ALWAYS: [True, True],
        RestVisibility.NEVER: [False, False],
    }


def test_each_take_is_in_a_stream_with_rest_and_in_one_without_and_no_sign_follows_itself() -> None:
    takes = [sign_take(sign, 0.5, signer=who, number=n) for who in ("01", "03") for sign in (71, 75) for n in range(4)]
    plans = plan_streams(takes, words=5, seed=3)
    for with_rest in (True, False):
        chosen = [take for plan in plans if plan.with_rest is with_rest for take in plan.takes]
        assert sorted(take.provenance.clip for take in chosen) == sorted(take.provenance.clip for take in takes)
    for plan in plans:
        assert len(plan.takes) <= 5
        assert {take.provenance.signer for take in plan.takes} == {plan.signer}
        signs = [take.provenance.sign_id for take in plan.takes]
        assert all(first != second for first, second in pairwise(signs))


def test_the_same_seed_gives_the_same_stream_and_another_seed_another() -> None:
    first, again, other = (stream(with_rest=True, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.recorded.points, again.recorded.points, equal_nan=True)
    assert first.signed == again.signed
    assert first.signed != other.signed
