"""Distributed data-parallel training: one process alone, or several that torchrun started on one or many machines.

Every process samples and augments the same batches with the same random numbers, and trains on its own rows of each.
What depends on the whole batch is reduced over all processes (sync_layers.py), so the weights stay equal everywhere,
the checkpoint of one process serves all, and a run can resume with another number of processes. Sampling and
augmentation are repeated in each process and so do not become faster with more of them. The forward and backward
passes are shared, and where many processes pay, those are the longest part.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import torch
from torch import distributed, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from landmarkers.errors import UserError

# The others wait for the main process while it builds a store; torchrun notices a process that died.
_TIMEOUT: Final = timedelta(hours=2)
_MAX_WORKERS: Final = 4  # make more batches a second than a GPU trains on


class DistributedUnusable(UserError):
    """Reports processes that cannot train a run together; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class DistributedContext:
    """Describes one process among all that train a run.

    Nothing in it changes the result of a run but `accumulation_steps` and rounding.
    """

    device: str = "cpu"
    rank: int = 0
    world_size: int = 1
    accumulation_steps: int = 1  # microbatches into which each process divides its rows of a batch, to save memory
    compiled: bool = False

    @property
    def is_main_process(self) -> bool:
        """Return True for the process that writes files and prints for all."""
        return self.rank == 0

    @property
    def num_workers(self) -> int:
        """Return the number of threads that prefetch batches: one on a CPU, whose cores the network needs itself."""
        cores = (os.cpu_count() or 1) // local_world_size()
        return 1 if torch.device(self.device).type == "cpu" else max(1, min(cores - 1, _MAX_WORKERS))

    @property
    def precision(self) -> torch.dtype:
        """Return the type of the network's activations in training; weights and features are float32."""
        kind = torch.device(self.device).type
        # The backward pass on CPUs is slower in bfloat16 than in float32, and GPUs before Ampere only emulate it.
        slower = kind == "cpu" or (kind == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False))
        return torch.float32 if slower else torch.bfloat16

    def microbatch_slices(self, batch_size: int) -> list[slice]:
        """Return this process's rows of a batch, one slice for each microbatch.

        Raises DistributedUnusable if the batch cannot be divided evenly.
        """
        length, remainder = divmod(batch_size, self.world_size * self.accumulation_steps)
        if remainder or not length:
            raise DistributedUnusable(
                f"a batch of {batch_size} takes cannot be divided evenly among {self.world_size} processes with "
                f"--accumulate {self.accumulation_steps}; choose numbers whose product divides {batch_size}"
            )
        starts = range(self.rank * length, batch_size, self.world_size * length)
        return [slice(start, start + length) for start in starts]

    def wrap_ddp(self, network: nn.Module) -> nn.Module:
        """Return the network with its gradients averaged over all processes; compile it first if that is asked for.

        Raises DistributedUnusable if it cannot be compiled here.
        """
        if self.compiled:
            if shutil.which(os.environ.get("CXX", "g++")) is None:
                raise DistributedUnusable(
                    "--compile needs a C++ compiler, and there is none here; install g++ or name it in CXX"
                )
            network.compile()
        if self.world_size == 1:
            return network
        device = torch.device(self.device)
        return DistributedDataParallel(
            network, device_ids=None if device.type == "cpu" else [device], forward_sync_buffers=False
        )

    def no_sync(self, network: nn.Module) -> AbstractContextManager[None]:
        """Return a context in which gradients only accumulate; the next backward pass outside it averages them all."""
        return network.no_sync() if isinstance(network, DistributedDataParallel) else nullcontext()

    def all_reduce(self, values: Sequence[float]) -> list[float]:
        """Return the sums of these values over all processes."""
        if self.world_size == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(total)
        return total.tolist()

    def check_identical(self, number: int, what: str) -> None:
        """Check that all processes have the same number. Raises DistributedUnusable otherwise."""
        sums = self.all_reduce([number]), self.all_reduce([number**2])
        if sums != ([self.world_size * number], [self.world_size * number**2]):
            raise DistributedUnusable(f"the processes find different {what}; give all of them the same folders")

    def barrier(self) -> None:
        """Wait for all processes to arrive here."""
        self.all_reduce([0.0])

    @contextmanager
    def lock_run_folder(self, folder: Path) -> Iterator[None]:
        """Keep other processes out of a run folder. Raises DistributedUnusable if another one holds it.

        The processes of a killed torchrun live on, and would write the same files as those started after them.
        """
        if not self.is_main_process:
            yield
            return
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DistributedUnusable(
                    f"another process trains {folder}; wait for it to end, or stop it first"
                ) from error
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def main_process_first(self) -> Iterator[None]:
        """Run the body in the main process before the other processes run it."""
        if not self.is_main_process:
            self.barrier()
        yield
        if self.is_main_process:
            self.barrier()


@contextmanager
def init_distributed(
    device: str, accumulation_steps: int = 1, *, compiled: bool = False
) -> Iterator[DistributedContext]:
    """Join the processes that torchrun started, or run alone; `device` is the device of this process."""
    torch_device = torch.device(device)
    on_gpu = torch_device.type == "cuda"
    if on_gpu and torch_device.index is not None:
        torch.cuda.set_device(torch_device)  # the device whose generator RngState saves
    if world_size() == 1:
        yield DistributedContext(device, accumulation_steps=accumulation_steps, compiled=compiled)
        return
    store, rank, size = next(rendezvous("env://", timeout=_TIMEOUT))
    if os.environ["GROUP_WORLD_SIZE"] == "1":
        # torchrun keeps its store over restarts. A restarted process that reads the keys of the killed one waits in
        # vain. Several machines do not count restarts alike, so the prefix is used on one machine only.
        store = PrefixStore(f"start-{os.environ['TORCHELASTIC_RESTART_COUNT']}", store)
    distributed.init_process_group(
        "nccl" if on_gpu else "gloo",
        timeout=_TIMEOUT,
        store=store,
        rank=rank,
        world_size=size,
        device_id=torch_device if on_gpu else None,
    )
    try:
        yield DistributedContext(device, rank, size, accumulation_steps, compiled)
    finally:
        distributed.destroy_process_group()


def world_size() -> int:
    """Return the number of processes that torchrun started for this run; 1 without it."""
    return int(os.environ["WORLD_SIZE"]) if distributed.is_torchelastic_launched() else 1


def local_device(device: str) -> str:
    """Return the device of this process when all processes are given the same name: `cuda` becomes `cuda:RANK`."""
    several = device == "cuda" and distributed.is_torchelastic_launched()
    return f"{device}:{local_rank()}" if several else device


def local_rank() -> int:
    """Return the rank of this process among those on this machine, from 0; 0 without torchrun."""
    return int(os.environ["LOCAL_RANK"]) if distributed.is_torchelastic_launched() else 0


def local_world_size() -> int:
    """Return the number of processes that torchrun started on this machine; 1 without it."""
    return int(os.environ["LOCAL_WORLD_SIZE"]) if distributed.is_torchelastic_launched() else 1
