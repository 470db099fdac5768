"""The training loss: the mean cross entropy of the experts, each on its own."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trainer.data.batch import Batch
from trainer.model.network import ProductOfExperts, SignClassifier
from trainer.training.recipe import Recipe
from trainer.training.run_metadata import RunUnusable
from trainer.training.training_data import TrainingData

ModelInput = tuple[tuple[Tensor, ...], Tensor]  # a batch for training: features, and classes [B]


class ExpertLogProbs(nn.Module):
    """Wraps a network so that its forward pass returns the experts' log-probabilities; DDP needs one such call."""

    def __init__(self, network: ProductOfExperts) -> None:
        super().__init__()
        self.network = network

    def forward(self, *features: Tensor) -> list[Tensor]:
        """Return the log-probabilities [B, classes] of each expert."""
        return self.network.expert_log_probs(*features)


def make_model_input(classifier: SignClassifier, batch: Batch, is_negative: Tensor, classes: Tensor) -> ModelInput:
    """Return the features of a batch and its classes [B]; takes that were made negatives, [B], become "no sign"."""
    with torch.no_grad():
        features = classifier.feature_extractor.from_parts(*batch.parts())
    return features, torch.where(is_negative, classifier.network.classes - 1, classes)


def expert_loss(log_probs: Sequence[Tensor], classes: Tensor, recipe: Recipe) -> Tensor:
    """Return the mean of the experts' cross entropies for the classes [B]."""
    losses = [
        nn.functional.cross_entropy(expert.float(), classes, label_smoothing=recipe.label_smoothing)
        for expert in log_probs
    ]
    return torch.stack(losses).mean()


def class_indices(data: TrainingData) -> Tensor:
    """Return the class of every take in the store, [takes]. Raises RunUnusable for a sign without a label."""
    classes = {sign.sign_id: index for index, sign in enumerate(data.signs)}
    sign_ids = [row.provenance.sign_id for row in data.store.rows if row.provenance.sign_id is not None]
    unknown = sorted(set(sign_ids) - set(classes))
    if unknown:
        raise RunUnusable(f"the store holds takes of sign {unknown[0]}, which the labels do not name")
    return torch.tensor([classes[sign_id] for sign_id in sign_ids])
