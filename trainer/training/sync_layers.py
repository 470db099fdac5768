"""Layers for a network that several processes train together, each on its own rows of a batch.

They compute what the layers that they stand for would compute on the whole batch in one process. Batches are
normalised by all rows, as torch's SyncBatchNorm does, which GPUs alone have. What is dropped is drawn for all rows
in every process, so that random numbers run alike in all of them.
"""

from typing import Any

import torch
from torch import Tensor, distributed, nn

from trainer.model.network import DropPath
from trainer.training.distributed import DistributedContext


def convert_sync_layers(network: nn.Module, crew: DistributedContext) -> None:
    """Replace what looks at a whole batch, or draws random numbers for it; names of weights stay."""
    for name, layer in list(network.named_children()):
        if isinstance(layer, nn.BatchNorm1d):
            setattr(network, name, SyncBatchNorm(layer, crew))
        elif isinstance(layer, nn.Dropout):
            setattr(network, name, SyncDropout(layer.p, crew))
        elif isinstance(layer, DropPath):
            setattr(network, name, SyncDropPath(layer.rate, crew))
        else:
            convert_sync_layers(layer, crew)


class SyncBatchNorm(nn.BatchNorm1d):
    """Batch normalisation of [B, F] or [B, F, S] by the rows of all processes."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def __init__(self, layer: nn.BatchNorm1d, crew: DistributedContext) -> None:
        super().__init__(layer.num_features, layer.eps, layer.momentum)
        self.load_state_dict(layer.state_dict())
        self.crew = crew

    def forward(self, values: Tensor) -> Tensor:
        """The values normalised by the batch in training, by what was seen in training otherwise."""
        if not self.training:
            return super().forward(values)
        own = values.transpose(0, 1).flatten(1)  # [F, B * S]
        mean = _mean_of_all(own.mean(1), self.crew)
        spread = _mean_of_all((own - mean[:, None]).square().mean(1), self.crew)
        self._remember(mean.detach(), spread.detach(), own.shape[1] * self.crew.world_size)
        shape = (-1, *[1] * (values.ndim - 2))
        scale = self.weight * (spread + self.eps).rsqrt()
        normal: Tensor = (values - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)
        return normal

    @torch.no_grad()
    def _remember(self, mean: Tensor, spread: Tensor, count: int) -> None:
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(spread * count / (count - 1), self.momentum)
        self.num_batches_tracked += 1


class SyncDropout(nn.Dropout):
    """Dropout by a mask for the rows of all processes, of which each uses its own."""

    def __init__(self, rate: float, crew: DistributedContext) -> None:
        super().__init__(rate)
        self.crew = crew

    def forward(self, values: Tensor) -> Tensor:
        """The values, some of them zero in training."""
        if not self.training or self.p == 0.0:
            return values
        kept = values.new_empty(self.crew.world_size * len(values), *values.shape[1:]).bernoulli_(1.0 - self.p)
        return values * kept.chunk(self.crew.world_size)[self.crew.rank] / (1.0 - self.p)


class SyncDropPath(DropPath):
    """Drop-path drawn for the rows of all processes, of which each uses its own."""

    def __init__(self, rate: float, crew: DistributedContext) -> None:
        super().__init__(rate)
        self.crew = crew

    def sample_mask(self, branch: Tensor) -> Tensor:
        """Which rows keep the branch."""
        everywhere = torch.rand(self.crew.world_size * len(branch), 1, 1, 1, device=branch.device) >= self.rate
        return everywhere.chunk(self.crew.world_size)[self.crew.rank]


def _mean_of_all(own: Tensor, crew: DistributedContext) -> Tensor:
    total: Tensor = _SumOfAll.apply(own)  # type: ignore[no-untyped-call]
    return total / crew.world_size


class _SumOfAll(torch.autograd.Function):
    """A sum over all processes; each one's gradient is the sum of what all make of it.

    torch.distributed.nn.functional.all_reduce is this, but deprecated, and what shall replace it has no public name.
    """

    @staticmethod
    def forward(_: Any, own: Tensor) -> Tensor:
        total = own.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        distributed.all_reduce(total)
        return total
