import torch

from landmarkers.layout import LEFT_ELBOW, LEFT_WRIST, NOSE, RIGHT_ELBOW, RIGHT_WRIST
from tests.trainer.test_augment import batch, copied, generator
from trainer.augment import Batch
from trainer.held import Held, hold_otherwise
from trainer.preprocess import POSE_POINTS

WRISTS = [POSE_POINTS.index(LEFT_WRIST), POSE_POINTS.index(RIGHT_WRIST)]
ELBOWS = [POSE_POINTS.index(LEFT_ELBOW), POSE_POINTS.index(RIGHT_ELBOW)]
HEAD = POSE_POINTS.index(NOSE)


def held(count: int = 6) -> Batch:
    """Takes that show their first pose throughout."""
    pose, left, right, times = batch(count)
    return pose[:, :1].repeat(1, 24, 1, 1), left[:, :1].repeat(1, 24, 1, 1), right[:, :1].repeat(1, 24, 1, 1), times


def test_a_held_hand_goes_elsewhere_with_its_arm_and_the_head_stays() -> None:
    before = held()
    after = hold_otherwise(copied(before), Held(chance=1.0, tilt=0.0), generator())
    way = after[2][:, 0, 0] - before[2][:, 0, 0]
    assert bool((way[:, :2].abs().amax(1) > 0.005).all())
    torch.testing.assert_close(after[0][:, 0, WRISTS] - before[0][:, 0, WRISTS], way[:, None].repeat(1, 2, 1))
    torch.testing.assert_close(after[0][:, 0, ELBOWS] - before[0][:, 0, ELBOWS], way[:, None].repeat(1, 2, 1) / 2)
    torch.testing.assert_close(after[0][:, :, HEAD], before[0][:, :, HEAD], equal_nan=True)
    shape = after[2] - after[2][:, :, :1]
    torch.testing.assert_close(shape, before[2] - before[2][:, :, :1], atol=1e-5, rtol=0, equal_nan=True)


def test_a_tilted_hand_keeps_its_wrist_and_its_size() -> None:
    before = held()
    after = hold_otherwise(copied(before), Held(chance=0.0), generator())
    torch.testing.assert_close(after[2][:, :, 0], before[2][:, :, 0], equal_nan=True)
    sizes = [(hand - hand[:, :, :1])[..., :2].norm(dim=-1) for hand in (before[2], after[2])]
    torch.testing.assert_close(sizes[0], sizes[1], equal_nan=True)
    assert float((after[2] - before[2]).abs().nan_to_num().amax()) > 0.005


def test_hands_that_move_stay_where_they_are() -> None:
    before = held()
    pose, left, right, times = before
    moving = (pose, left, right + torch.linspace(0, 0.3, 24)[None, :, None, None], times)
    after = hold_otherwise(copied(moving), Held(chance=1.0), generator())
    for one, other in zip(moving, after, strict=True):
        torch.testing.assert_close(one, other, equal_nan=True)
