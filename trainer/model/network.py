"""The spatial-temporal transformers (ST-Transformers) that classify one sign.

Two experts see different features of the hands. A network that sees everything overfits to signer identity: the shapes
of a signer's hands distinguish signers better than they distinguish signs. So one expert sees the handshapes and not
the hands' positions, the other sees positions and motion and not the handshapes; each is trained by itself, and their
probabilities are multiplied, so that a word is one that both find likely (Hinton, "Training Products of Experts by
Minimizing Contrastive Divergence", 2002). A static hand is identified by its shape, a moving one more by its motion: so
the motion of the dominant hand decides which expert weighs more (docs/experiments.md, "Static and moving hands").

Shape legend: B takes, S steps in time, P part tokens (body, dominant hand, non-dominant hand), F features, D width.
"""

from collections.abc import Sequence
from typing import Final, cast

import torch
from torch import Tensor, nn

from trainer.model.features import (
    DEVIATION,
    FEATURE_COUNTS,
    HANDSHAPE_FEATURES,
    POSITION_FEATURES,
    FeatureExtractor,
)
from trainer.model.transformer import Size, STTransformer

_HAND: Final = FEATURE_COUNTS["dominant"]
_HANDSHAPE: Final = (0, _HAND - POSITION_FEATURES)
_MOTION: Final = (HANDSHAPE_FEATURES, _HAND)
# The features that each expert sees of each part: the first, and one past the last.
_EXPERT_INPUTS: Final = {
    "handshape": {"dominant": _HANDSHAPE, "non_dominant": _HANDSHAPE},
    "motion": {"body": (0, FEATURE_COUNTS["body"]), "dominant": _MOTION, "non_dominant": _MOTION},
}
# The motion expert's weight for a static and for a moving hand, and the logistic curve between the two: its midpoint
# and its width, as the hand's mean absolute deviation from its mean position, in shoulder widths. Only the middle half
# of the take counts: a hand that comes up, holds a letter and goes down is static. Letters and most numbers lie below
# 0.02.
_STATIC_WEIGHT: Final = 0.23
_MOVING_WEIGHT: Final = 0.6
_MOTION_MIDPOINT: Final = 0.04
_MOTION_WIDTH: Final = 0.008

REJECT_NOTHING: Final = (0.0, 20.0)


class SignClassifier(nn.Module):
    """Raw points [B, T, 543, 3] and times [B, T] to probabilities [B, signs + 1].

    The last probability is "no sign". `temperature` divides the logits (Guo et al., "On Calibration of
    Modern Neural Networks", 2017), and `rejection` [2] are slope and offset of a logistic curve from the score of the
    likeliest sign to the probability that the vocabulary has the sign at all; both are set after training.
    """

    temperature: Tensor
    rejection: Tensor

    def __init__(self, size: Size, signs: int, steps: int = 32, dropout: float = 0.1, drop_path: float = 0.0) -> None:
        super().__init__()
        self.feature_extractor = FeatureExtractor(steps)
        self.network = ProductOfExperts(size, signs + 1, steps, dropout, drop_path)
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("rejection", torch.tensor(REJECT_NOTHING))

    def forward(self, points: Tensor, times: Tensor) -> Tensor:
        """Return the probabilities of every sign and, last, of "no sign"."""
        return self.outputs(points, times)[0]

    def outputs(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """Return the probabilities and the embedding [B, 2 D + 1], from which devices learn more signs.

        The embedding is what the output layers of both experts read, and how much the dominant hand moves.
        """
        features = self.feature_extractor(points, times)
        embeddings, moving = self.network.embeddings(*features), motion(features[1])
        logits = combine(self.network.log_probs(embeddings), moving)
        return self.probabilities(logits, moving), torch.cat([*embeddings, moving], -1)

    def probabilities(self, logits: Tensor, motion: Tensor) -> Tensor:
        """Return the probabilities of logits [B, signs + 1]: calibrated, and low where no sign is known well.

        `motion` [B, 1] is 0 for a static hand, of which nothing is rejected: strangers' letters score as low as signs
        that are not known.
        """
        slope, offset = self.rejection.unbind()
        known = 1.0 - motion[:, 0] * torch.sigmoid(-slope * familiarity(logits) - offset)
        signs = torch.softmax(logits / self.temperature, -1)[..., :-1] * known[..., None]
        return torch.cat([signs, (1.0 - signs.sum(-1, keepdim=True)).clamp(min=0.0)], -1)


def familiarity(logits: Tensor) -> Tensor:
    """Return the score [...] by which known signs are separated from others: the experts' logit of the likeliest sign.

    A softmax only compares the signs with each other, and is as sure of the nearest sign where none is near. The
    weighted mean of the experts' log-probabilities is high only where both experts find the same sign likely.
    """
    return logits[..., :-1].amax(-1)


class ProductOfExperts(nn.Module):
    """Features of the parts, each [B, S, F], to logits [B, classes]: weighted log-probabilities of two experts."""

    def __init__(self, size: Size, classes: int, steps: int, dropout: float, drop_path: float) -> None:
        super().__init__()
        self.classes = classes
        self.experts = nn.ModuleDict(
            {
                name: STTransformer(
                    size, classes, steps, dropout, drop_path, [stop - start for start, stop in inputs.values()]
                )
                for name, inputs in _EXPERT_INPUTS.items()
            }
        )

    def forward(self, body: Tensor, dominant: Tensor, non_dominant: Tensor) -> Tensor:
        """Return the combined logits of every sign and, last, of "no sign"."""
        return combine(self.expert_log_probs(body, dominant, non_dominant), motion(dominant))

    def expert_log_probs(self, body: Tensor, dominant: Tensor, non_dominant: Tensor) -> list[Tensor]:
        """Return each expert's own log-probabilities, [B, classes] each. Training minimises the loss of these."""
        return self.log_probs(self.embeddings(body, dominant, non_dominant))

    def embeddings(self, body: Tensor, dominant: Tensor, non_dominant: Tensor) -> list[Tensor]:
        """Return what each expert's output layer reads, [B, D] each."""
        parts = {"body": body, "dominant": dominant, "non_dominant": non_dominant}
        return [
            expert.embed([parts[part][..., slice(*inputs[part])] for part in inputs])
            for expert, inputs in zip(self._transformers, _EXPERT_INPUTS.values(), strict=True)
        ]

    def log_probs(self, embeddings: Sequence[Tensor]) -> list[Tensor]:
        """Return each expert's own log-probabilities, [B, classes] each, of the experts' embeddings."""
        experts = zip(self._transformers, embeddings, strict=True)
        return [torch.log_softmax(expert.head(embedding), -1) for expert, embedding in experts]

    @property
    def _transformers(self) -> list[STTransformer]:
        return [cast("STTransformer", expert) for expert in self.experts.values()]


def combine(log_probs: Sequence[Tensor], motion: Tensor) -> Tensor:
    """Return the combined logits [B, classes] of both experts, where the dominant hand moves so much, [B, 1]."""
    of_handshape, of_motion = log_probs
    return 2.0 * (of_handshape + motion_weight(motion) * (of_motion - of_handshape))


def motion_weight(motion: Tensor) -> Tensor:
    """Return the motion expert's weight, 0 to 1, where the dominant hand moves so much."""
    return _STATIC_WEIGHT + (_MOVING_WEIGHT - _STATIC_WEIGHT) * motion


def motion(dominant: Tensor) -> Tensor:
    """Return how much the dominant hand [B, S, F] moves, [B, 1]: 0 for a hand that is held, 1 for a moving one."""
    steps = dominant.shape[1]
    middle = dominant[:, steps // 4 : steps - steps // 4, DEVIATION]
    deviation = torch.linalg.vector_norm((middle - middle.mean(1, keepdim=True)).abs().mean(1), dim=-1, keepdim=True)
    moving: Tensor = torch.sigmoid((deviation - _MOTION_MIDPOINT) / _MOTION_WIDTH)
    return moving
