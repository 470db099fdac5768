"""The training loss: the mean cross entropy of the experts, each on its own.

Few signers make every sign, so a network could tell signs apart by who makes them, and would then read a known sign by
another signer as one of that signer's own signs. So signs that a signer never made weigh less in the loss over that
signer's takes (the restricted softmax of Li and Zhan, "FedRS: Federated Learning with Restricted Softmax for Label
Distribution Non-IID Data", KDD 2021, with signers in the place of clients).
"""

import math
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


def expert_loss(log_probs: Sequence[Tensor], classes: Tensor, recipe: Recipe, made: Tensor | None = None) -> Tensor:
    """Return the mean of the experts' cross entropies for the classes [B].

    `made` [B, classes] is True for the signs that the signer of each take made in training; None stands for all.
    """
    if made is None:
        made = torch.ones_like(log_probs[0], dtype=torch.bool)
    penalty = torch.where(made, 0.0, math.log(recipe.foreign_sign_weight))
    return torch.stack([_cross_entropy(one.float() + penalty, classes, made, recipe) for one in log_probs]).mean()


def _cross_entropy(logits: Tensor, classes: Tensor, made: Tensor, recipe: Recipe) -> Tensor:
    """Return the cross entropy; labels are smoothed over the signs that the signer made."""
    negative = -torch.log_softmax(logits, -1)
    of_class = negative.gather(1, classes[:, None])[:, 0]
    of_made = (negative * made).sum(-1) / made.sum(-1)
    return ((1.0 - recipe.label_smoothing) * of_class + recipe.label_smoothing * of_made).mean()


def made_signs(data: TrainingData, class_of_take: Tensor) -> tuple[Tensor, Tensor]:
    """Return which classes each signer made in training, [signers, classes], and the signer of each take, [takes].

    Takes of unknown signers count as those of one further signer; everybody makes "no sign".
    """
    names = [row.provenance.signer for row in data.store.rows]
    order = {name: number for number, name in enumerate(sorted(set(names), key=str))}
    signers = torch.tensor([order[name] for name in names])
    made = torch.zeros(len(order), len(data.signs) + 1, dtype=torch.bool)
    train = torch.tensor(data.split.train)
    made[signers[train], class_of_take.cpu()[train]] = True
    made[:, -1] = True
    return made, signers


def class_indices(data: TrainingData) -> Tensor:
    """Return the class of every take in the store, [takes]; a take without a sign is of the last class, "no sign".

    Raises RunUnusable for a sign without a label.
    """
    classes: dict[int | None, int] = {sign.sign_id: index for index, sign in enumerate(data.signs)}
    classes[None] = len(classes)
    sign_ids = [row.provenance.sign_id for row in data.store.rows]
    unknown = sorted(filter(None, set(sign_ids) - set(classes)))
    if unknown:
        raise RunUnusable(f"the store holds takes of sign {unknown[0]}, which the labels do not name")
    return torch.tensor([classes[sign_id] for sign_id in sign_ids])
