"""Assigns the detected hands to the signer's left and right."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from landmarkers.frame import Points
from landmarkers.layout import LEFT_WRIST, RIGHT_WRIST, WRIST, Part

# How much nearer a hand must be to the wrong wrist, in image widths, to outweigh a certain handedness.
_HANDEDNESS_WEIGHT: Final = 0.1


def assign_handedness(
    hands: Sequence[Points], right_hand_probabilities: Sequence[float], pose: Points
) -> dict[Part, int]:
    """Return the indices, among at most two hands, of the signer's left and right hand.

    The hand network judges each hand alone and now and then calls both "right", so the distance to the pose's wrists
    counts as well: of the two possible assignments the cheaper one is returned.
    `hands` are [21, 3] and `pose` [33, 3], in image widths; an undetected pose is NaN. `right_hand_probabilities` are
    the network's, 0 to 1, one for each hand.
    """
    wrists = {Part.LEFT_HAND: pose[LEFT_WRIST, :2], Part.RIGHT_HAND: pose[RIGHT_WRIST, :2]}

    def cost(index: int, part: Part) -> float:
        distance = float(np.linalg.norm(hands[index][WRIST, :2] - wrists[part]))
        right = right_hand_probabilities[index]
        error = right if part is Part.LEFT_HAND else 1 - right
        return (0.0 if np.isnan(distance) else distance) + _HANDEDNESS_WEIGHT * error

    if not hands:
        return {}
    if len(hands) == 1:
        return {min(wrists, key=lambda part: cost(0, part)): 0}
    straight = cost(0, Part.LEFT_HAND) + cost(1, Part.RIGHT_HAND)
    crossed = cost(0, Part.RIGHT_HAND) + cost(1, Part.LEFT_HAND)
    left, right = (0, 1) if straight <= crossed else (1, 0)
    return {Part.LEFT_HAND: left, Part.RIGHT_HAND: right}
