"""Builds a recipe's network, loads a trained one, and computes its logits for stored takes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from landmarkers.take import Take
from models.labels import Sign
from trainer.augmentation.loader import BatchLoader
from trainer.data.store import Store
from trainer.model.network import SignClassifier
from trainer.training.checkpoint import CHECKPOINT, final_weights
from trainer.training.recipe import Recipe
from trainer.training.run_metadata import RunUnusable


def build_model(recipe: Recipe, signs: Sequence[Sign]) -> SignClassifier:
    """Return the recipe's network for these signs with initial weights."""
    return SignClassifier(recipe.size, len(signs), recipe.steps, recipe.dropout, recipe.drop_path)


def load_trained(folder: Path, recipe: Recipe, signs: Sequence[Sign]) -> SignClassifier:
    """Return the network of a finished run: the EMA of its weights after the last epoch. Raises RunUnusable."""
    classifier = build_model(recipe, signs)
    weights = final_weights(folder, recipe)
    try:
        classifier.load_state_dict(weights)
    except RuntimeError as error:
        raise RunUnusable(f"{folder / CHECKPOINT} is damaged; train into another folder") from error
    return classifier.eval()


def compute_logits(classifier: Any, batches: BatchLoader, numbers: Sequence[int], device: str) -> Tensor:
    """Return the logits [B, signs + 1] of stored takes, as one batch, before calibration."""
    batch = batches.collate(numbers, device)
    logits: Tensor = classifier.network(*classifier.feature_extractor.from_parts(*batch.parts()))
    return logits


def logits_per_take(classifier: SignClassifier, store: Store, numbers: Iterable[int]) -> Tensor:
    """Return the logits [takes, signs + 1] of stored takes, one take at a time as on a device, before calibration."""
    batches = BatchLoader(store)
    with torch.no_grad():
        return torch.cat([compute_logits(classifier, batches, [number], "cpu") for number in numbers])


def logits_of(classifier: SignClassifier, takes: Iterable[Take]) -> Tensor:
    """Return the logits [takes, signs + 1] of takes, one at a time as on a device, before calibration."""
    logits = []
    with torch.no_grad():
        for take in takes:
            times = torch.tensor(take.times - take.times[0], dtype=torch.float32)
            features = classifier.feature_extractor(torch.from_numpy(take.points)[None], times[None])
            logits.append(classifier.network(*features))
    return torch.cat(logits)
