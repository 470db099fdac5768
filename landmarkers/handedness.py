"""Which of the hands found is the signer's left and which the right."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from landmarkers.frame import Points
from landmarkers.layout import LEFT_WRIST, RIGHT_WRIST, WRIST, Part

# How much nearer a hand must be to the wrong wrist, in picture widths, to outweigh a sure handedness.
_HANDEDNESS_WEIGHT: Final = 0.1


def assign_handedness(
    hands: Sequence[Points], right_hand_probabilities: Sequence[float], pose: Points
) -> dict[Part, int]:
    """The numbers, among at most two hands, of the signer's left and right one.

    The hand network judges each hand by itself and calls both "right" now and then, so the pose's wrists
    have the word as well: of the two ways to name the hands, the one that costs less is taken.
    `hands` are [21, 3] and `pose` [33, 3], in picture widths; an unseen pose is NaN. `rightness` is the network's
    belief, 0 to 1, that each of the hands is the right one.
    """
    wrists = {Part.LEFT_HAND: pose[LEFT_WRIST, :2], Part.RIGHT_HAND: pose[RIGHT_WRIST, :2]}

    def cost(number: int, part: Part) -> float:
        distance = float(np.linalg.norm(hands[number][WRIST, :2] - wrists[part]))
        doubt = right_hand_probabilities[number] if part is Part.LEFT_HAND else 1 - right_hand_probabilities[number]
        return (0.0 if np.isnan(distance) else distance) + _HANDEDNESS_WEIGHT * doubt

    if not hands:
        return {}
    if len(hands) == 1:
        return {min(wrists, key=lambda part: cost(0, part)): 0}
    straight = cost(0, Part.LEFT_HAND) + cost(1, Part.RIGHT_HAND)
    crossed = cost(0, Part.RIGHT_HAND) + cost(1, Part.LEFT_HAND)
    left, right = (0, 1) if straight <= crossed else (1, 0)
    return {Part.LEFT_HAND: left, Part.RIGHT_HAND: right}
