"""Layers for a network that several processes train together, each on its own rows of a batch.

They compute the same as the layers that they replace would on the whole batch in one process. Batch normalisation uses
the statistics of all rows, as torch's SyncBatchNorm does, which runs on GPUs only. Dropout masks are sampled for all
rows in every process, so that the random number generators stay equal.
"""

from typing import Any

import torch
from torch import Tensor, distributed, nn

from trainer.model.transformer import DropPath
from trainer.training.distributed import DistributedContext


def convert_sync_layers(network: nn.Module, context: DistributedContext) -> None:
    """Replace layers that depend on the whole batch or sample random numbers for it; the names of weights stay."""
    for name, layer in list(network.named_children()):
        if isinstance(layer, nn.BatchNorm1d):
            setattr(network, name, SyncBatchNorm(layer, context))
        elif isinstance(layer, nn.Dropout):
            setattr(network, name, SyncDropout(layer.p, context))
        elif isinstance(layer, DropPath):
            setattr(network, name, SyncDropPath(layer.rate, context))
        else:
            convert_sync_layers(layer, context)


class SyncBatchNorm(nn.BatchNorm1d):
    """Batch normalisation of [B, F] or [B, F, S] with the statistics of all processes."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def __init__(self, layer: nn.BatchNorm1d, context: DistributedContext) -> None:
        super().__init__(layer.num_features, layer.eps, layer.momentum)
        self.load_state_dict(layer.state_dict())
        self.context = context

    def forward(self, values: Tensor) -> Tensor:
        """Normalise by the batch in training, and by the running statistics otherwise."""
        if not self.training:
            return super().forward(values)
        own = values.transpose(0, 1).flatten(1)  # [F, B * S]
        mean = _mean_over_processes(own.mean(1), self.context)
        variance = _mean_over_processes((own - mean[:, None]).square().mean(1), self.context)
        self._update_statistics(mean.detach(), variance.detach(), own.shape[1] * self.context.world_size)
        shape = (-1, *[1] * (values.ndim - 2))
        scale = self.weight * (variance + self.eps).rsqrt()
        normal: Tensor = (values - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)
        return normal

    @torch.no_grad()
    def _update_statistics(self, mean: Tensor, variance: Tensor, count: int) -> None:
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        self.num_batches_tracked += 1


class SyncDropout(nn.Dropout):
    """Dropout with a mask for the rows of all processes, of which each uses its own."""

    def __init__(self, rate: float, context: DistributedContext) -> None:
        super().__init__(rate)
        self.context = context

    def forward(self, values: Tensor) -> Tensor:
        """Set random values to zero in training."""
        if not self.training or self.p == 0.0:
            return values
        world_size = self.context.world_size
        mask = values.new_empty(world_size * len(values), *values.shape[1:]).bernoulli_(1.0 - self.p)
        return values * mask.chunk(world_size)[self.context.rank] / (1.0 - self.p)


class SyncDropPath(DropPath):
    """Drop-path with a mask for the rows of all processes, of which each uses its own."""

    def __init__(self, rate: float, context: DistributedContext) -> None:
        super().__init__(rate)
        self.context = context

    def sample_mask(self, branch: Tensor) -> Tensor:
        """Return True for the rows that keep the branch."""
        world_size = self.context.world_size
        mask = torch.rand(world_size * len(branch), 1, 1, 1, device=branch.device) >= self.rate
        return mask.chunk(world_size)[self.context.rank]


def _mean_over_processes(own: Tensor, context: DistributedContext) -> Tensor:
    total: Tensor = _AllReduce.apply(own)  # type: ignore[no-untyped-call]
    return total / context.world_size


class _AllReduce(torch.autograd.Function):
    """A differentiable sum over all processes; its gradient is the sum of the gradients of all processes.

    torch.distributed.nn.functional.all_reduce does the same but is deprecated, and its successor has no public name.
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
