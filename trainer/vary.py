"""Sketches takes as training shows them: everything that a recipe does to takes, in order."""

import numpy as np

from trainer.augment import augment
from trainer.held import hold_otherwise
from trainer.no_sign import spoil
from trainer.recipe import Recipe
from trainer.recorded import Recorded
from trainer.sketch import Sketch
from trainer.traits import Traits
from trainer.ways import add_ways


def vary(recorded: Recorded, recipe: Recipe, no_sign_share: float, random: np.random.Generator) -> Sketch:
    """The takes as they might have been recorded otherwise, with ways, and this share of them made no sign."""
    sketch, traits = Sketch.of(recorded), Traits.of(recorded)
    hold_otherwise(sketch, traits, recipe.held, random)
    add_ways(recorded, sketch, traits, recipe.ways, random)
    augment(sketch, recipe.augmentation, random)
    spoil(recorded, sketch, traits, no_sign_share, random)
    return sketch
