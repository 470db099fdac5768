"""Sketches takes as training shows them: everything that a recipe does to takes, in order."""

import numpy as np

from trainer.augmentation.negatives import make_negatives
from trainer.augmentation.params import AugmentationParams
from trainer.augmentation.static_hands import perturb_static_hands
from trainer.augmentation.take_stats import TakeStats
from trainer.augmentation.transforms import augment
from trainer.augmentation.transitions import add_transitions
from trainer.data.raw_batch import RawBatch
from trainer.training.recipe import Recipe


def augment_takes(
    recorded: RawBatch, recipe: Recipe, no_sign_share: float, random: np.random.Generator
) -> AugmentationParams:
    """The takes as they might have been recorded otherwise, with ways, and this share of them made no sign."""
    sketch, traits = AugmentationParams.of(recorded), TakeStats.of(recorded)
    perturb_static_hands(sketch, traits, recipe.held, random)
    add_transitions(recorded, sketch, traits, recipe.ways, random)
    augment(sketch, recipe.augmentation, random)
    make_negatives(recorded, sketch, traits, no_sign_share, random)
    return sketch
