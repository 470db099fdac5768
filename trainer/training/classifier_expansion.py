"""Expands a trained network by one output for each new sign, initialised from embeddings of the sign's takes.

Weight imprinting after Qi, Brown and Lowe, "Low-Shot Learning with Imprinted Weights", CVPR 2018.

Shape legend: B takes, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from trainer.augmentation.loader import BatchLoader
from trainer.model.network import SignClassifier
from trainer.training.trained_model import compute_logits


@dataclass(frozen=True, slots=True, eq=False)
class FineTuneTakes:
    """Takes of a store by number: new ones to fine-tune on and exemplars of the old signs to rehearse."""

    batches: BatchLoader
    new: Sequence[int]
    exemplars: Sequence[int]
    class_of_take: Tensor  # [takes]
    device: str


def expand_classifier(
    parent: SignClassifier, old_signs: int, all_signs: int, takes: FineTuneTakes
) -> dict[str, Tensor]:
    """Return the parent's weights with an output of each expert for each new sign, before that of "no sign".

    A new row points from the mean embedding of the old signs' exemplars to the mean embedding of the sign's takes, and
    has the mean length of the old rows. Its bias gives the sign's takes the same mean logit as the exemplars have in
    their own classes.
    """
    weights = dict(parent.state_dict())
    old = [number for number in takes.exemplars if takes.class_of_take[number] < old_signs]  # others show no sign
    for layer in _output_layers(parent):
        weight, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
        new = compute_embeddings(parent, layer, takes, takes.new)
        exemplars = compute_embeddings(parent, layer, takes, old)
        centre, length = exemplars.mean(0), weight[:-1].norm(dim=1).mean()
        exemplar_classes = takes.class_of_take[old]
        mean_logit = (exemplars @ weight.T + bias).gather(1, exemplar_classes[:, None]).mean()
        new_classes = takes.class_of_take[list(takes.new)]
        means = [new[new_classes == number].mean(0) for number in range(old_signs, all_signs)]
        rows = [length * normalize(mean - centre, dim=0) for mean in means]
        biases = [(mean_logit - row @ mean)[None] for row, mean in zip(rows, means, strict=True)]
        weights[f"{layer}.weight"] = torch.cat([weight[:-1], *(row[None] for row in rows), weight[-1:]])
        weights[f"{layer}.bias"] = torch.cat([bias[:-1], *biases, bias[-1:]])
    return weights


def compute_embeddings(classifier: SignClassifier, layer: str, takes: FineTuneTakes, numbers: Sequence[int]) -> Tensor:
    """Return the inputs [B, D] of an output layer for takes as they were recorded."""
    inputs: list[Tensor] = []
    hook = classifier.get_submodule(layer).register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
    with torch.no_grad():
        for start in range(0, len(numbers), 64):
            compute_logits(classifier.eval(), takes.batches, numbers[start : start + 64], takes.device)
    hook.remove()
    return torch.cat(inputs)


def _output_layers(classifier: SignClassifier) -> list[str]:
    """Return the names of the layers that compute the experts' logits."""
    return [f"network.experts.{name}.head.1" for name in classifier.network.experts]
