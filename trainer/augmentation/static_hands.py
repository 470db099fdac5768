"""Perturbs the position and tilt of static hands.

Numbers and letters are static handshapes. Where signers hold them and how they tilt the hand differs from one recording
to the next by half a shoulder width and half a right angle, and has no meaning; a model that has seen one clip of them
cannot know. The position of a moving hand does have a meaning, so takes of moving hands stay unchanged.
"""

from typing import NamedTuple

import numpy as np

from trainer.augmentation.params import AugmentationParams, Floats
from trainer.augmentation.take_stats import TakeStats
from trainer.data.jit import jit, jit_internal
from trainer.model.features import ELBOWS, WRISTS


class StaticHandConfig(NamedTuple):
    """The amounts of the perturbation. It fades out for takes between `max_wrist_range` and twice that."""

    max_wrist_range: float = 0.1  # shoulder widths that the wrist of a static hand covers at most
    shift_probability: float = 0.7  # that the hands are shifted
    shift_std: float = 0.12  # in image widths of a signer who fills the image as KArSL's do
    max_tilt: float = 0.6  # radians in the image plane, each hand by itself


@jit
def perturb_static_hands(
    params: AugmentationParams, stats: TakeStats, config: StaticHandConfig, random: np.random.Generator
) -> None:
    """Shift the hands of takes with static hands, wrists and elbows with them, and tilt them."""
    pose, hands = params.pose, params.hands
    for take in range(len(params.times) if config.max_wrist_range > 0.0 else 0):
        wrist_range = max(stats.wrist_range[take, 0], stats.wrist_range[take, 1]) / stats.shoulder_width[take]
        weight = min(max(2.0 - wrist_range / config.max_wrist_range, 0.0), 1.0) if stats.has_shoulders[take] else 1.0
        if weight > 0.0:
            is_shifted = random.random() < config.shift_probability
            for axis in range(2):
                shift = config.shift_std * weight * random.standard_normal() if is_shifted else 0.0
                for hand in range(2):
                    hands.translation[take, hand, axis] = shift
                    pose.position[take, 0, WRISTS[hand], axis] = shift
                    pose.position[take, 0, ELBOWS[hand], axis] = shift / 2
            for hand in range(2):
                angle = random.uniform(-config.max_tilt, config.max_tilt) * weight
                set_rotation_2d(angle, hands.rotation[take, hand])


@jit_internal
def set_rotation_2d(angle: float, matrix: Floats) -> None:
    """Write the rotation by an angle in radians in the image plane into a matrix [3, 3]."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix[0, 0], matrix[0, 1], matrix[0, 2] = cos, -sin, 0.0
    matrix[1, 0], matrix[1, 1], matrix[1, 2] = sin, cos, 0.0
    matrix[2, 0], matrix[2, 1], matrix[2, 2] = 0.0, 0.0, 1.0
