"""The spatial-temporal transformers (ST-Transformer) that read one sign.

Two of them, which see different features of the hands. A network that sees everything learns the man instead of the
sign: the shapes of his hands tell him from others better than they tell his signs apart. So one sees the hands' shapes
and not where they are, the other where they are and go and not their shapes; each learns by itself, and their
probabilities are multiplied, so that a word is one that both find likely (Hinton, "Training Products of Experts by
Minimizing Contrastive Divergence", 2002). A hand that is held speaks by its shape, one that goes somewhere more by its
way: so what the leading hand does decides which expert weighs more (NOTES.md, "Held and moving hands").

Shape legend: B takes, S steps in time, P part tokens (of body, leading hand, other hand), F features, D width.

Every step of every part is one token. A block lets the parts of one step attend to each other (spatial
attention), then the steps of one part (temporal attention), then an MLP; each is pre-normed and added to
what came in. Tokens are averaged over the parts and pooled over time by attention.
Vaswani et al. 2017 for attention and the sinusoidal time encoding; Plizzari et al., "Spatial Temporal
Transformer Network for Skeleton-based Action Recognition", 2021, for attending in turn to space and time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from trainer.model.features import FEATURE_COUNTS, PLACE_FEATURES, SHAPE_FEATURES, SPREAD, FeatureExtractor

_HAND: Final = FEATURE_COUNTS["lead"]
_SHAPE: Final = (0, _HAND - PLACE_FEATURES)
_WAY: Final = (SHAPE_FEATURES, _HAND)
# What each expert sees: the first and the last but one feature of each part.
_SEEN: Final = {
    "shape": {"lead": _SHAPE, "other": _SHAPE},
    "way": {"body": (0, FEATURE_COUNTS["body"]), "lead": _WAY, "other": _WAY},
}
# The way's share in what both say of a held hand and of one that moves, and how far from its mean place, in shoulder
# widths and on average over the take, it is between the two. Letters and most numbers are held and lie below 0.02.
_HELD_SHARE: Final = 0.23
_MOVING_SHARE: Final = 0.6
_MOVES_FROM: Final = 0.05
_MOVES_WIDTH: Final = 0.015


@dataclass(frozen=True, slots=True)
class Size:
    """How large a network is."""

    head_size: int
    heads: int
    layers: int

    @property
    def width(self) -> int:
        """D, the size of a token."""
        return self.head_size * self.heads


SIZES = {
    "tiny": Size(16, 4, 2),
    "small": Size(32, 4, 4),
    "medium": Size(64, 4, 6),
    "large": Size(128, 6, 8),
}


class SignClassifier(nn.Module):
    """The whole graph: raw points [B, T, 543, 3] and times [B, T] to probabilities [B, signs + 1].

    The last probability is "no sign". `temperature` divides the logits (Guo et al., "On Calibration of
    Modern Neural Networks", 2017); it is set after training, on validation takes.
    """

    temperature: Tensor

    def __init__(self, size: Size, signs: int, steps: int = 32, dropout: float = 0.1, drop_path: float = 0.0) -> None:
        super().__init__()
        self.preprocess = FeatureExtractor(steps)
        self.network = ProductOfExperts(size, signs + 1, steps, dropout, drop_path)
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, points: Tensor, times: Tensor) -> Tensor:
        """Probabilities of every sign and, last, of none."""
        logits: Tensor = self.network(*self.preprocess(points, times))
        return torch.softmax(logits / self.temperature, -1)


class ProductOfExperts(nn.Module):
    """Features of the parts, each [B, S, F], to logits [B, classes]: log-probabilities of two networks, weighed."""

    def __init__(self, size: Size, classes: int, steps: int, dropout: float, drop_path: float) -> None:
        super().__init__()
        self.classes = classes
        self.experts = nn.ModuleDict(
            {
                name: STTransformer(
                    size, classes, steps, dropout, drop_path, [stop - start for start, stop in seen.values()]
                )
                for name, seen in _SEEN.items()
            }
        )

    def forward(self, body: Tensor, lead: Tensor, other: Tensor) -> Tensor:
        """What both make of it together: logits of every sign and, last, of none."""
        shape, way = self.opinions(body, lead, other)
        share = motion_weight(lead)
        return 2.0 * (shape + share * (way - shape))

    def opinions(self, body: Tensor, lead: Tensor, other: Tensor) -> list[Tensor]:
        """What each makes of it by itself: log-probabilities, [B, classes] each. By these they are trained."""
        parts = {"body": body, "lead": lead, "other": other}
        return [
            torch.log_softmax(self.experts[name]([parts[part][..., slice(*seen[part])] for part in seen]), -1)
            for name, seen in _SEEN.items()
        ]


def motion_weight(lead: Tensor) -> Tensor:
    """How much the way counts beside the shape, [B, 1], 0 to 1, by how far the leading hand [B, S, F] moves."""
    spread = torch.linalg.vector_norm(lead[:, 0, SPREAD], dim=-1, keepdim=True)
    moves = torch.sigmoid((spread - _MOVES_FROM) / _MOVES_WIDTH)
    return _HELD_SHARE + (_MOVING_SHARE - _HELD_SHARE) * moves


class STTransformer(nn.Module):
    """Some parts' features, each [B, S, F], to logits [B, classes]."""

    clock: Tensor

    def __init__(
        self, size: Size, classes: int, steps: int, dropout: float, drop_path: float, counts: Sequence[int]
    ) -> None:
        """`counts` says how many features each part has."""
        super().__init__()
        width = size.width
        self.embeddings = nn.ModuleList(PartEmbedding(count, width) for count in counts)
        self.part_embedding = nn.Parameter(torch.randn(len(counts), width) * 0.02)
        self.register_buffer("clock", sinusoids(steps, width), persistent=False)
        rates = [drop_path * number / max(1, size.layers - 1) for number in range(size.layers)]  # deeper, oftener
        self.blocks = nn.ModuleList(Block(size, dropout, rate) for rate in rates)
        self.norm = nn.LayerNorm(width)
        self.pool = nn.Linear(width, 1)
        self.head = nn.Sequential(nn.Dropout(0.4), nn.Linear(width, classes))

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Logits of every sign and, last, of none."""
        embedded = [embed(part) for embed, part in zip(self.embeddings, parts, strict=True)]
        tokens = torch.stack(embedded, 2) + self.part_embedding + self.clock[:, None]  # [B, S, P, D]
        for block in self.blocks:
            tokens = block(tokens)
        steps = self.norm(tokens).mean(2)  # [B, S, D]
        weights = torch.softmax(self.pool(steps), 1)  # [B, S, 1]
        logits: Tensor = self.head((steps * weights).sum(1))
        return logits


class PartEmbedding(nn.Module):
    """One part's features [B, S, F], batch-normalised, to tokens [B, S, D]; a short convolution sees neighbours."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(count)
        self.project = nn.Linear(count, width)
        self.near = nn.Conv1d(width, width, 5, padding=2, groups=width)

    def forward(self, part: Tensor) -> Tensor:
        """Tokens of one part."""
        tokens: Tensor = self.project(self.norm(part.transpose(1, 2)).transpose(1, 2))
        return tokens + nn.functional.gelu(self.near(tokens.transpose(1, 2)).transpose(1, 2))


class Block(nn.Module):
    """Attention over the parts, attention over time, MLP; [B, S, P, D] to the same."""

    def __init__(self, size: Size, dropout: float, drop_path: float) -> None:
        super().__init__()
        width = size.width
        self.spatial = Attention(size)
        self.temporal = Attention(size)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(4 * width, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.drop_path = DropPath(drop_path)

    def forward(self, tokens: Tensor) -> Tensor:
        """The tokens after one round of looking at each other."""
        tokens = tokens + self._drop(self.spatial(self.norms[0](tokens)))
        over_time = self.temporal(self.norms[1](tokens).transpose(1, 2)).transpose(1, 2)
        tokens = tokens + self._drop(over_time)
        return tokens + self._drop(self.mlp(self.norms[2](tokens)))

    def _drop(self, branch: Tensor) -> Tensor:
        dropped: Tensor = self.drop_path(self.dropout(branch))
        return dropped


class DropPath(nn.Module):
    """In training drops the whole branch [B, S, P, D] of some takes (Huang et al., "Stochastic Depth", 2016)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, branch: Tensor) -> Tensor:
        """The branch, zero for some takes and larger for the others."""
        if self.training and self.rate > 0.0:
            branch = branch * self.kept(branch) / (1.0 - self.rate)
        return branch

    def kept(self, branch: Tensor) -> Tensor:
        """Which takes keep the branch, [B, 1, 1, 1]."""
        return torch.rand(branch.shape[0], 1, 1, 1, device=branch.device) >= self.rate


class Attention(nn.Module):
    """Multi-head self-attention over the last axis but one of [B, X, N, D]."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.inward = nn.Linear(size.width, 3 * size.width)
        self.outward = nn.Linear(size.width, size.width)

    def forward(self, tokens: Tensor) -> Tensor:
        """What each token gathers from the others."""
        rows = self.inward(tokens.flatten(0, 1))  # [B * X, N, 3 D]; the ONNX exporter knows attention of four axes only
        query, key, value = rows.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        gathered = scaled_dot_product_attention(query, key, value)  # [B * X, H, N, D / H]
        out: Tensor = self.outward(gathered.transpose(1, 2).flatten(2)).unflatten(0, tokens.shape[:2])
        return out


def sinusoids(steps: int, width: int) -> Tensor:
    """Sinusoidal time encoding [S, D] of Vaswani et al. 2017, section 3.5."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    angles = torch.arange(steps)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)
