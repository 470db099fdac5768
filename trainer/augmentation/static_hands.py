"""Shows held hand shapes elsewhere and tilted otherwise.

Numbers and letters are hand shapes held still. Where a signer holds them and how he tilts the hand differs from one
recording to the next by half a shoulder width and half a right angle, and says nothing; a network that has one clip of
them cannot know. Where a hand goes that moves does say something, so takes of moving hands stay as they are.
"""

from typing import NamedTuple

import numpy as np

from trainer.augmentation.params import AugmentationParams, Floats
from trainer.augmentation.take_stats import TakeStats
from trainer.data.jit import jit, jit_internal
from trainer.model.features import ELBOWS, WRISTS


class StaticHandConfig(NamedTuple):
    """How far and how often. Takes between `still` and twice that are changed the less, the more they move."""

    max_wrist_range: float = 0.1  # shoulder widths over which the wrists of a held hand stray at most
    shift_probability: float = 0.7  # that the hands are held elsewhere
    shift_std: float = 0.12  # standard deviation, in picture widths of a signer who fills the picture as KArSL's do
    max_tilt: float = 0.6  # radians in the picture plane, at most, each hand by itself


@jit
def perturb_static_hands(
    sketch: AugmentationParams, traits: TakeStats, by: StaticHandConfig, random: np.random.Generator
) -> None:
    """Hold the hands of takes elsewhere, if they are held, wrists and elbows with them, and tilt them."""
    pose, hands = sketch.pose, sketch.hands
    for take in range(len(sketch.times) if by.max_wrist_range > 0.0 else 0):
        extent = max(traits.strayed[take, 0], traits.strayed[take, 1]) / traits.width[take]
        stillness = min(max(2.0 - extent / by.max_wrist_range, 0.0), 1.0) if traits.is_placed[take] else 1.0
        if stillness > 0.0:
            is_elsewhere = random.random() < by.shift_probability
            for axis in range(2):
                aside = by.shift_std * stillness * random.standard_normal() if is_elsewhere else 0.0
                for hand in range(2):
                    hands.lead[take, hand, axis] = aside
                    pose.place[take, 0, WRISTS[hand], axis] = aside
                    pose.place[take, 0, ELBOWS[hand], axis] = aside / 2
            for hand in range(2):
                turn_in_plane(random.uniform(-by.max_tilt, by.max_tilt) * stillness, hands.turn[take, hand])


@jit_internal
def turn_in_plane(angle: float, matrix: Floats) -> None:
    """Write into a matrix [3, 3] what turns by radians in the picture plane."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix[0, 0], matrix[0, 1], matrix[0, 2] = cos, -sin, 0.0
    matrix[1, 0], matrix[1, 1], matrix[1, 2] = sin, cos, 0.0
    matrix[2, 0], matrix[2, 1], matrix[2, 2] = 0.0, 0.0, 1.0
