"""Samples all augmentation parameters of a batch, stage by stage."""

import numpy as np

from trainer.augmentation.config import AugmentationConfig
from trainer.augmentation.negatives import make_negatives
from trainer.augmentation.params import AugmentationParams
from trainer.augmentation.static_hands import perturb_static_hands
from trainer.augmentation.take_stats import TakeStats
from trainer.augmentation.transforms import sample_transforms
from trainer.augmentation.transitions import add_transitions
from trainer.data.raw_batch import RawBatch


def sample_params(batch: RawBatch, config: AugmentationConfig, random: np.random.Generator) -> AugmentationParams:
    """Return the parameters of static-hand perturbation, transitions, transforms and negatives, in this order."""
    params, stats = AugmentationParams.identity(batch), TakeStats.of(batch)
    perturb_static_hands(params, stats, config.static_hands, random)
    add_transitions(batch, params, stats, config.transitions, random)
    sample_transforms(params, config.transforms, random)
    make_negatives(batch, params, stats, config.negative_fraction, random)
    return params
