"""Calibrates a network after training: how sure it is of a sign, and whether its vocabulary has the sign at all.

One temperature divides all logits (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017). A logistic curve
over the score of the likeliest sign rejects signs that the vocabulary lacks (Platt, "Probabilistic Outputs for Support
Vector Machines", 1999).
"""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy


def fit_temperature(logits: Tensor, targets: Tensor) -> float:
    """Return the temperature from 0.05 to 5 that fits logits [N, classes] and targets [N] best.

    It is the most probable one if its logarithm was normally distributed about 0, with a deviation of 1, before the
    predictions were seen. Cross entropy alone would choose the lowest temperature wherever all predictions are right,
    and of a few clips they often are; then every word would be emitted with a confidence of 100 %.
    """
    candidates = torch.logspace(-1.3, 0.7, 200)
    losses = torch.stack([cross_entropy(logits / temperature, targets, reduction="sum") for temperature in candidates])
    return float(candidates[(losses + candidates.log() ** 2 / 2).argmin()])


def fit_rejection(known: Tensor, unknown: Tensor) -> tuple[float, float]:
    """Return slope and offset of a logistic curve that tells scores [N] of known signs from those [M] of unknown ones.

    Both groups weigh the same, however many there are of each. The slope is normally distributed about 0 with a
    deviation of 1 beforehand, so that a few takes that can be told apart perfectly do not make it a step.
    """
    scores = torch.cat([known, unknown])
    targets = torch.cat([torch.ones_like(known), torch.zeros_like(unknown)])
    weights = torch.cat([torch.full_like(known, 0.5 / len(known)), torch.full_like(unknown, 0.5 / len(unknown))])
    curve = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.LBFGS([curve], max_iter=200, line_search_fn="strong_wolfe")
    prior = 0.5 / len(scores)

    def loss() -> Tensor:
        optimizer.zero_grad()
        error = binary_cross_entropy_with_logits(curve[0] * scores + curve[1], targets, weights, reduction="sum")
        total: Tensor = error + prior * curve[0] ** 2
        total.backward()
        return total

    optimizer.step(loss)
    slope, offset = curve.tolist()
    return slope, offset
