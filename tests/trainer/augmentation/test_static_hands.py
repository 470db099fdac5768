from dataclasses import replace

import torch

from landmarkers.layout import LEFT_ELBOW, LEFT_WRIST, NOSE, RIGHT_ELBOW, RIGHT_WRIST
from landmarkers.take import Take
from tests.trainer.sketches import as_recorded, assert_close, dice, drawn, own, people, recorded
from trainer.augmentation.params import AugmentationParams
from trainer.augmentation.static_hands import StaticHandConfig, perturb_static_hands
from trainer.augmentation.take_stats import TakeStats
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch
from trainer.model.features import POSE_POINTS

WRISTS = [POSE_POINTS.index(LEFT_WRIST), POSE_POINTS.index(RIGHT_WRIST)]
ELBOWS = [POSE_POINTS.index(LEFT_ELBOW), POSE_POINTS.index(RIGHT_ELBOW)]
HEAD = POSE_POINTS.index(NOSE)


def still_people() -> list[Take]:
    """Takes that show their first posture throughout."""
    return [replace(take, points=take.points[:1].repeat(len(take), 0)) for take in people()]


def held(takes: RawBatch, by: StaticHandConfig) -> Batch:
    sketch = AugmentationParams.of(takes)
    perturb_static_hands(sketch, TakeStats.of(takes), by, dice())
    return drawn(takes, sketch)


def test_a_held_hand_goes_elsewhere_with_its_arm_and_the_head_stays() -> None:
    takes = recorded(still_people())
    before, after = (
        own(batch.pose)[:, 0]
        for batch in (as_recorded(takes), held(takes, StaticHandConfig(shift_probability=1.0, max_tilt=0.0)))
    )
    hands_before, hands_after = (
        own(batch.hands)[:, 1, 0]
        for batch in (as_recorded(takes), held(takes, StaticHandConfig(shift_probability=1.0, max_tilt=0.0)))
    )
    way = (hands_after - hands_before)[:, 0]
    assert bool((way[:, :2].abs().amax(1) > 0.005).all())
    assert_close(after[:, WRISTS] - before[:, WRISTS], way[:, None].repeat(1, 2, 1))
    assert_close(after[:, ELBOWS] - before[:, ELBOWS], way[:, None].repeat(1, 2, 1) / 2)
    assert_close(after[:, HEAD], before[:, HEAD])
    assert_close(hands_after - hands_after[:, :1], hands_before - hands_before[:, :1])


def test_a_tilted_hand_keeps_its_wrist_and_its_size() -> None:
    takes = recorded(still_people())
    before, after = (
        own(batch.hands)[:, 1] for batch in (as_recorded(takes), held(takes, StaticHandConfig(shift_probability=0.0)))
    )
    assert_close(after[:, :, 0], before[:, :, 0])
    sizes = [(hand - hand[:, :, :1])[..., :2].norm(dim=-1) for hand in (before, after)]
    assert_close(sizes[0], sizes[1])
    assert float((after - before).abs().nan_to_num().amax()) > 0.005


def test_hands_that_move_stay_where_they_are() -> None:
    takes = recorded(people())  # their hand goes up by 0.8 shoulder widths
    before, after = as_recorded(takes), held(takes, StaticHandConfig(shift_probability=1.0))
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other, equal_nan=True, atol=0, rtol=0)
