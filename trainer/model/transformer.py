"""The spatial-temporal transformer (ST-Transformer) of one expert, and its layers.

Shape legend: B takes, S steps in time, P part tokens (body, dominant hand, non-dominant hand), F features, D width.

Every step of every part is one token. A block applies attention between the parts of one step (spatial attention), then
between the steps of one part (temporal attention), then an MLP; each is pre-normed and has a residual connection.
Tokens are averaged over the parts and pooled over time by attention.
Vaswani et al. 2017 for attention and the sinusoidal positional encoding; Plizzari et al., "Spatial Temporal Transformer
Network for Skeleton-based Action Recognition", 2021, for alternating spatial and temporal attention.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


@dataclass(frozen=True, slots=True)
class Size:
    """The dimensions of one transformer."""

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


class STTransformer(nn.Module):
    """Features of some parts, each [B, S, F], to an embedding [B, D], and with `head` to logits [B, classes]."""

    positional_encoding: Tensor

    def __init__(
        self, size: Size, classes: int, steps: int, dropout: float, drop_path: float, counts: Sequence[int]
    ) -> None:
        """`counts` is the number of features of each part."""
        super().__init__()
        width = size.width
        self.embeddings = nn.ModuleList(PartEmbedding(count, width) for count in counts)
        self.part_embedding = nn.Parameter(torch.randn(len(counts), width) * 0.02)
        self.register_buffer("positional_encoding", sinusoids(steps, width), persistent=False)
        rates = [drop_path * layer / max(1, size.layers - 1) for layer in range(size.layers)]  # grows with depth
        self.blocks = nn.ModuleList(Block(size, dropout, rate) for rate in rates)
        self.norm = nn.LayerNorm(width)
        self.pool = nn.Linear(width, 1)
        self.head = nn.Sequential(nn.Dropout(0.4), nn.Linear(width, classes))

    def embed(self, parts: Sequence[Tensor]) -> Tensor:
        """Return the embedding [B, D] that the output layer reads."""
        embedded = [embedding(part) for embedding, part in zip(self.embeddings, parts, strict=True)]
        tokens = torch.stack(embedded, 2) + self.part_embedding + self.positional_encoding[:, None]  # [B, S, P, D]
        for block in self.blocks:
            tokens = block(tokens)
        steps = self.norm(tokens).mean(2)  # [B, S, D]
        weights = torch.softmax(self.pool(steps), 1)  # [B, S, 1]
        embedding: Tensor = (steps * weights).sum(1)
        return embedding


class PartEmbedding(nn.Module):
    """Embeds one part's features [B, S, F] as tokens [B, S, D]: batch norm, projection, depthwise convolution."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(count)
        self.project = nn.Linear(count, width)
        self.depthwise_conv = nn.Conv1d(width, width, 5, padding=2, groups=width)

    def forward(self, part: Tensor) -> Tensor:
        """Return the tokens of one part."""
        tokens: Tensor = self.project(self.norm(part.transpose(1, 2)).transpose(1, 2))
        return tokens + nn.functional.gelu(self.depthwise_conv(tokens.transpose(1, 2)).transpose(1, 2))


class Block(nn.Module):
    """One layer: attention over the parts, attention over time, MLP; [B, S, P, D] to the same shape."""

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
        """Return the tokens after both attentions and the MLP."""
        tokens = tokens + self._drop(self.spatial(self.norms[0](tokens)))
        over_time = self.temporal(self.norms[1](tokens).transpose(1, 2)).transpose(1, 2)
        tokens = tokens + self._drop(over_time)
        return tokens + self._drop(self.mlp(self.norms[2](tokens)))

    def _drop(self, branch: Tensor) -> Tensor:
        dropped: Tensor = self.drop_path(self.dropout(branch))
        return dropped


class DropPath(nn.Module):
    """Drops, in training, the whole branch [B, S, P, D] of some takes (Huang et al., "Stochastic Depth", 2016)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, branch: Tensor) -> Tensor:
        """Return the branch, zeroed for the dropped takes and scaled up for the others."""
        if self.training and self.rate > 0.0:
            branch = branch * self.sample_mask(branch) / (1.0 - self.rate)
        return branch

    def sample_mask(self, branch: Tensor) -> Tensor:
        """Return a random mask [B, 1, 1, 1]: True for the takes that keep the branch."""
        return torch.rand(branch.shape[0], 1, 1, 1, device=branch.device) >= self.rate


class Attention(nn.Module):
    """Multi-head self-attention over the second-last axis of [B, X, N, D]."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.qkv = nn.Linear(size.width, 3 * size.width)
        self.out_proj = nn.Linear(size.width, size.width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the attention output of each token."""
        # [B * X, N, 3 D]; the ONNX exporter supports attention over four axes only.
        projected = self.qkv(tokens.flatten(0, 1))
        query, key, value = projected.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        attended = scaled_dot_product_attention(query, key, value)  # [B * X, H, N, D / H]
        out: Tensor = self.out_proj(attended.transpose(1, 2).flatten(2)).unflatten(0, tokens.shape[:2])
        return out


def sinusoids(steps: int, width: int) -> Tensor:
    """Return the sinusoidal positional encoding [S, D] of Vaswani et al. 2017, section 3.5."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    angles = torch.arange(steps)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)
