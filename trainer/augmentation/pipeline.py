"""Sketches takes as training shows them: everything that a recipe does to takes, in order."""

import numpy as np

from trainer.augmentation.negatives import spoil
from trainer.augmentation.params import Sketch
from trainer.augmentation.static_hands import hold_otherwise
from trainer.augmentation.take_stats import Traits
from trainer.augmentation.transforms import augment
from trainer.augmentation.transitions import add_ways
from trainer.data.raw_batch import Recorded
from trainer.training.recipe import Recipe


def vary(recorded: Recorded, recipe: Recipe, no_sign_share: float, random: np.random.Generator) -> Sketch:
    """The takes as they might have been recorded otherwise, with ways, and this share of them made no sign."""
    sketch, traits = Sketch.of(recorded), Traits.of(recorded)
    hold_otherwise(sketch, traits, recipe.held, random)
    add_ways(recorded, sketch, traits, recipe.ways, random)
    augment(sketch, recipe.augmentation, random)
    spoil(recorded, sketch, traits, no_sign_share, random)
    return sketch
