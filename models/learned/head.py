"""The output layers of a network's experts, with rows for learned signs; numpy alone.

Shape legend: B takes, D size of one expert's embedding, C classes: every sign and, last, "no sign".

This is the end of trainer/model/network.py: log-probabilities of two experts, combined by the motion of the dominant
hand, calibrated by a temperature, and rejected where no sign is known well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.labels import Sign

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class OutputLayer:
    """One expert's output layer: weight [C, D] and bias [C]."""

    weight: Floats
    bias: Floats

    def log_probs(self, embeddings: Floats) -> Floats:
        """Return log-probabilities [B, C] of the expert's embeddings [B, D]."""
        return log_softmax(embeddings @ self.weight.T + self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class LearnedHead:
    """Turns embeddings into probabilities of the bundle's signs and of those that were learned."""

    model: str
    """The SHA-256 of the graph that makes the embeddings."""
    signs: tuple[Sign, ...]
    """The bundle's signs in its order, then those that were learned."""
    learned: frozenset[int]
    """The numbers of the signs that were taught, which the bundle may know as well."""
    layers: tuple[OutputLayer, OutputLayer]
    """Of the handshape expert and of the motion expert."""
    temperature: float
    rejection: tuple[float, float]

    def probabilities(self, embeddings: Floats) -> Floats:
        """Return the probabilities [B, C] of embeddings [B, 2 D + 2]."""
        *experts, weight, moving = split_embeddings(embeddings)
        handshape, motion = (layer.log_probs(one) for layer, one in zip(self.layers, experts, strict=True))
        logits = 2.0 * (handshape + weight * (motion - handshape))
        slope, offset = self.rejection
        familiarity = logits[:, :-1].max(1, keepdims=True)
        known = 1.0 - moving / (1.0 + np.exp(np.clip(slope * familiarity + offset, -80.0, 80.0)))
        signs = np.exp(log_softmax(logits / self.temperature))[:, :-1] * known
        return np.concatenate([signs, np.clip(1.0 - signs.sum(1, keepdims=True), 0.0, None)], 1).astype(np.float32)


def split_embeddings(embeddings: Floats) -> Sequence[Floats]:
    """Return the embeddings of both experts, [B, D] each, the motion expert's weight and the motion, [B, 1] each."""
    size = (embeddings.shape[1] - 2) // 2
    return embeddings[:, :size], embeddings[:, size : 2 * size], embeddings[:, -2:-1], embeddings[:, -1:]


def log_softmax(logits: Floats) -> Floats:
    """Return the logarithm of the softmax over the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    normalised: Floats = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalised
