import numpy as np

from landmarkers.handedness import assign_handedness
from landmarkers.layout import Part


def test_hand_is_assigned_to_the_nearer_wrist_against_the_networks_handedness() -> None:
    pose = np.full((33, 3), np.nan, np.float32)
    pose[15], pose[16] = (0.8, 0.5, 0.0), (0.2, 0.5, 0.0)
    left, right = np.full((21, 3), 0.5, np.float32), np.full((21, 3), 0.5, np.float32)
    left[:, 0], right[:, 0] = 0.78, 0.22
    assert assign_handedness((left, right), [0.9, 0.9], pose) == {Part.LEFT_HAND: 0, Part.RIGHT_HAND: 1}
    assert assign_handedness((right, left), [0.9, 0.9], pose) == {Part.LEFT_HAND: 1, Part.RIGHT_HAND: 0}


def test_without_pose_the_networks_handedness_decides() -> None:
    hand = np.full((21, 3), 0.5, np.float32)
    no_pose = np.full((33, 3), np.nan, np.float32)
    assert assign_handedness([hand], [0.9], no_pose) == {Part.RIGHT_HAND: 0}
    assert assign_handedness([hand], [0.1], no_pose) == {Part.LEFT_HAND: 0}
    assert assign_handedness([], [], no_pose) == {}
