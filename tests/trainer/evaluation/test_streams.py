from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, RIGHT_WRIST, Part
from landmarkers.take import Take
from models.activity_detection import is_hand_raised
from tests.trainer.stream_takes import RATE, rest_take, sign_take
from trainer.evaluation.resampling import resample, simulate_camera
from trainer.evaluation.rest import REST_BELOW, RestVisibility, rest_segments
from trainer.evaluation.shoulders import align_shoulders, shoulders_of
from trainer.evaluation.streams import (
    REST_S,
    TRANSITION_TO_SIGN_S,
    Stream,
    StreamPlan,
    make_stream,
    plan_streams,
    rest_stream,
)
from trainer.evaluation.wrists import Wrists

PLACES = {71: 0.8, 75: 0.5, 76: 0.2}
SECONDS = {71: 0.7, 75: 0.8, 76: 0.9}
TAKES = tuple(sign_take(sign_id, place, seconds=SECONDS[sign_id]) for sign_id, place in PLACES.items())
RESTS = tuple(rest_segments(rest_take()))


def stream(*, with_rest: bool, rest_visible: RestVisibility = RestVisibility.MIXED, seed: int = 1) -> Stream:
    return make_stream(StreamPlan("01", with_rest, TAKES, (seed,)), RESTS, rest_visible)


def raised(take: Take) -> NDArray[np.bool_]:
    return np.array([is_hand_raised(landmarks, REST_BELOW) for landmarks in take.landmarks()])


def wrist(take: Take) -> NDArray[np.float32]:
    return take.points[:, PART_SLICES[Part.POSE]][:, RIGHT_WRIST, :2]


def test_rest_is_where_both_hands_are_visible_and_stay_down_for_a_while() -> None:
    (rest,) = rest_segments(rest_take(seconds=0.8))
    assert not raised(rest).any()
    assert rest.visible(Part.LEFT_HAND).all()
    assert rest.duration == pytest.approx(0.7, abs=2 / RATE)  # the first moment, while they settle, is left out
    assert rest_segments(rest_take(seconds=0.3)) == []
    assert rest_segments(sign_take(71, 0.5)) == []


def test_hands_out_of_view_are_not_at_rest() -> None:
    take = rest_take()
    take.points[:, PART_SLICES[Part.LEFT_HAND]] = np.nan
    assert rest_segments(take) == []


def test_aligned_take_has_the_other_shoulders_and_keeps_the_height_of_its_hands() -> None:
    target = sign_take(71, 0.5)
    target.points[:] = target.points * 1.7 + np.array([0.2, -0.1, 0.0], np.float32)
    aligned = align_shoulders(rest_take(), shoulders_of(target))
    for shoulder in (LEFT_SHOULDER, RIGHT_SHOULDER):
        number = PART_SLICES[Part.POSE].start + shoulder
        assert aligned.points[0, number, :2] == pytest.approx(target.points[0, number, :2], abs=1e-5)
    before, after = Wrists.of(rest_take()), Wrists.of(aligned)
    assert after.heights[Part.RIGHT_HAND] == pytest.approx(before.heights[Part.RIGHT_HAND], abs=1e-4)


@pytest.mark.parametrize("with_rest", [True, False])
@pytest.mark.parametrize("rate", [10, 15, 30])
def test_stream_has_its_signs_at_the_stated_times_at_any_frame_rate(rate: int, with_rest: bool) -> None:
    made = stream(with_rest=with_rest)
    frames = simulate_camera(made.recorded, rate, 0.1, np.random.default_rng(rate))
    assert [signed.sign_id for signed in made.signed] == list(PLACES)
    for signed, take in zip(made.signed, TAKES, strict=True):
        assert signed.end - signed.start == pytest.approx(take.duration)
        during = (frames.times >= signed.start) & (frames.times <= signed.end)
        assert during.sum() >= 0.5 * rate * take.duration
        assert wrist(frames)[during, 0] == pytest.approx(PLACES[signed.sign_id], abs=1e-4)
        assert raised(frames)[during].all()


def test_hands_rest_between_signs_for_the_duration_of_a_rest() -> None:
    made = stream(with_rest=True)
    frames = resample(made.recorded, np.arange(0.0, made.recorded.duration, 0.01))
    for before, after in pairwise(made.signed):
        down = ~raised(frames) & (frames.times > before.end) & (frames.times < after.start)
        assert REST_S[0] - 0.1 <= 0.01 * down.sum() <= REST_S[1] + 0.6
        assert frames.visible(Part.LEFT_HAND)[down].any()


def test_without_rest_signs_follow_each_other_and_only_the_ends_rest() -> None:
    made = stream(with_rest=False)
    for before, after in pairwise(made.signed):
        assert TRANSITION_TO_SIGN_S[0] <= after.start - before.end <= TRANSITION_TO_SIGN_S[1]
        transition = resample(made.recorded, np.array([before.end, (before.end + after.start) / 2, after.start]))
        assert wrist(transition)[1] == pytest.approx((wrist(transition)[0] + wrist(transition)[2]) / 2, abs=1e-4)
    up = raised(made.recorded)
    assert not up[0]
    assert not up[-1]


def test_motion_is_continuous() -> None:
    made = stream(with_rest=True)
    frames = resample(made.recorded, np.arange(0.0, made.recorded.duration, 0.01))
    assert np.linalg.norm(np.diff(wrist(frames), axis=0), axis=-1).max() < 0.06


def test_dropped_frames_are_missing_and_the_others_keep_their_times() -> None:
    recorded = rest_stream(RESTS, 60.0, np.random.default_rng(1))
    complete = simulate_camera(recorded, 15, 0.0, np.random.default_rng(2))
    dropped = simulate_camera(recorded, 15, 0.3, np.random.default_rng(2))
    assert len(complete) == pytest.approx(15 * recorded.duration, abs=1)
    assert np.diff(complete.times) == pytest.approx(1 / 15)
    assert set(dropped.times) < set(complete.times)
    assert len(dropped) / len(complete) == pytest.approx(0.7, abs=0.06)


def test_hand_in_only_one_of_two_frames_moves_with_its_wrist_until_the_middle() -> None:
    take = rest_take()
    shown, hidden = take.points[-1].copy(), take.points[-1].copy()
    hidden[PART_SLICES[Part.RIGHT_HAND]] = np.nan
    hidden[PART_SLICES[Part.POSE], 1] -= 0.4
    resampled = resample(
        Take(np.stack([shown, hidden]), np.array([0.0, 1.0]), take.provenance), np.array([0.0, 0.25, 0.75, 1.0])
    )
    assert resampled.visible(Part.RIGHT_HAND).tolist() == [True, True, False, False]
    hand = resampled.points[:, PART_SLICES[Part.RIGHT_HAND]]
    assert hand[1, :, 1] == pytest.approx(hand[0, :, 1] - 0.1, abs=1e-5)


def test_visibility_of_resting_hands_can_be_chosen() -> None:
    streams = {choice: stream(with_rest=True, rest_visible=choice) for choice in RestVisibility}
    left = {}
    for choice, made in streams.items():
        times = made.recorded.times
        during = (times >= made.signed[1].start) & (times <= made.signed[1].end)
        at_rest = times < 0.3
        left[choice] = [bool(made.recorded.visible(Part.LEFT_HAND)[when].all()) for when in (at_rest, during)]
    assert left == {
        RestVisibility.MIXED: [True, False],
        RestVisibility.ALWAYS: [True, True],
        RestVisibility.NEVER: [False, False],
    }


def test_each_take_is_in_one_stream_with_rest_and_one_without_and_no_sign_follows_itself() -> None:
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


def test_same_seed_makes_the_same_stream_and_another_seed_another() -> None:
    first, again, other = (stream(with_rest=True, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.recorded.points, again.recorded.points, equal_nan=True)
    assert first.signed == again.signed
    assert first.signed != other.signed
