"""Fits output layers to taught takes while old ones are rehearsed.

The row of a new sign is imprinted first, from the embeddings of its takes (Qi, Brown and Lowe, "Low-Shot Learning with
Imprinted Weights", CVPR 2018, as trainer/training/classifier_expansion.py does); then all rows descend on the cross
entropy of taught and rehearsed takes, drawn back to where they began.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.learned.head import Floats, OutputLayer, log_softmax, split_embeddings
from models.learned.rehearsal import Rehearsal

_STEPS: Final = 100
_RATE: Final = 0.02
_DECAY: Final = 0.01  # the pull back to the first weights, for each step
_TAUGHT_SHARE: Final = 0.5  # of the loss; the rest is the rehearsed takes'


def fit_layers(
    rehearsal: Rehearsal, embeddings: Floats, classes: NDArray[np.int64], signs: int
) -> tuple[OutputLayer, OutputLayer]:
    """Return output layers for so many signs and "no sign", fitted to taught embeddings [B, 2 D + 2] of classes [B].

    Classes up to the number of the bundle's signs are its own; rehearsed "no sign" stays the last class.
    """
    old = len(rehearsal.layers[0].bias) - 1
    rehearsed_classes = np.where(rehearsal.classes == old, signs, rehearsal.classes)
    weights = np.concatenate(
        [
            np.full(len(rehearsed_classes), (1.0 - _TAUGHT_SHARE) / len(rehearsed_classes)),
            np.full(len(classes), _TAUGHT_SHARE / len(classes)),
        ]
    ).astype(np.float32)
    targets = np.concatenate([rehearsed_classes, classes])
    experts: Sequence[Floats] = split_embeddings(np.concatenate([rehearsal.embeddings, embeddings]))[:2]
    handshape, motion = (
        _descend(_expand(layer, inputs, targets, len(rehearsed_classes), signs), inputs, targets, weights)
        for layer, inputs in zip(rehearsal.layers, experts, strict=True)
    )
    return handshape, motion


def _expand(layer: OutputLayer, inputs: Floats, targets: NDArray[np.int64], rehearsed: int, signs: int) -> OutputLayer:
    """Return the layer with a row for each new sign, imprinted from its takes, before that of "no sign"."""
    old = len(layer.bias) - 1
    centre, length = inputs[:rehearsed].mean(0), np.linalg.norm(layer.weight[:-1], axis=1).mean()
    places = np.where(targets[:rehearsed] == signs, old, targets[:rehearsed])
    mean_logit = ((inputs[:rehearsed] * layer.weight[places]).sum(1) + layer.bias[places]).mean()
    rows, biases = [], []
    for number in range(old, signs):
        mean = inputs[targets == number].mean(0)
        row = length * (mean - centre) / max(float(np.linalg.norm(mean - centre)), 1e-6)
        rows.append(row)
        biases.append(mean_logit - row @ mean)
    return OutputLayer(
        np.concatenate([layer.weight[:-1], np.reshape(rows, (-1, inputs.shape[1])), layer.weight[-1:]]).astype(
            np.float32
        ),
        np.concatenate([layer.bias[:-1], biases, layer.bias[-1:]]).astype(np.float32),
    )


def _descend(first: OutputLayer, inputs: Floats, targets: NDArray[np.int64], weights: Floats) -> OutputLayer:
    """Return the layer after descending on the weighted cross entropy of its inputs (Adam, Kingma and Ba, 2015)."""
    augmented = np.concatenate([inputs, np.ones_like(inputs[:, :1])], 1)
    start = np.concatenate([first.weight, first.bias[:, None]], 1)
    matrix, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    rows = np.arange(len(targets))
    for step in range(1, _STEPS + 1):
        error = np.exp(log_softmax(augmented @ matrix.T))
        error[rows, targets] -= 1.0
        gradient = (error * weights[:, None]).T @ augmented
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        matrix -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-6)
        matrix -= _DECAY * (matrix - start)
    return OutputLayer(np.ascontiguousarray(matrix[:, :-1]), matrix[:, -1].copy())
