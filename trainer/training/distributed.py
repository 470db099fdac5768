"""Who trains a run and on what: this process alone, or several that torchrun started, on one machine or many.

Every process draws and changes the same batches by the same random numbers, and learns from rows of its own. What
depends on the whole batch is summed over all (sync_layers.py), so the weights stay alike everywhere, one process's
state is everybody's, and any number of processes goes on from it. Drawing is done by all and so is no faster for many;
it is the network's steps that are shared, and those are long where many processes pay.
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

# The others wait for the first process while it builds a store; a process that died is noticed by torchrun.
_PATIENCE: Final = timedelta(hours=2)
_MOST_HELPERS: Final = 4  # make more batches a second than a GPU learns from


class DistributedUnusable(UserError):
    """Processes that cannot train a run together; the message says why."""


@dataclass(frozen=True, slots=True)
class DistributedContext:
    """One process among all that train a run. What it does changes no run but for `pieces` and rounding."""

    device: str = "cpu"
    rank: int = 0
    world_size: int = 1
    accumulation_steps: int = 1  # into which each process divides its rows of a batch, to need less memory at a time
    compiled: bool = False

    @property
    def is_main_process(self) -> bool:
        """Whether this process writes and tells for all."""
        return self.rank == 0

    @property
    def num_workers(self) -> int:
        """Threads that make batches beside this process: on processors one, as the network needs them itself."""
        share = (os.cpu_count() or 1) // local_world_size()
        return 1 if torch.device(self.device).type == "cpu" else max(1, min(share - 1, _MOST_HELPERS))

    @property
    def precision(self) -> torch.dtype:
        """What the network calculates in while it learns; weights and features are float32."""
        kind = torch.device(self.device).type
        # Processors go back through bfloat16 slower than through float32, and GPUs before Ampere only imitate it.
        slower = kind == "cpu" or (kind == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False))
        return torch.float32 if slower else torch.bfloat16

    def microbatch_slices(self, count: int) -> list[slice]:
        """The rows of a batch that are its own, by pieces. Raises CrewUnusable where they cannot be divided evenly."""
        share, left_over = divmod(count, self.world_size * self.accumulation_steps)
        if left_over or not share:
            raise DistributedUnusable(
                f"a batch of {count} takes cannot be divided evenly among {self.world_size} processes with "
                f"--accumulate {self.accumulation_steps}"
            )
        starts = range(self.rank * share, count, self.world_size * share)
        return [slice(start, start + share) for start in starts]

    def wrap_ddp(self, network: nn.Module) -> nn.Module:
        """The network with its gradients averaged over all processes, and compiled if that is asked for.

        Raises CrewUnusable where nothing can be compiled.
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
        """Within it gradients are only gathered; the first ones after it are averaged with what was gathered."""
        return network.no_sync() if isinstance(network, DistributedDataParallel) else nullcontext()

    def all_reduce(self, values: Sequence[float]) -> list[float]:
        """These values summed over all processes."""
        if self.world_size == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(total)
        return total.tolist()

    def check_identical(self, number: int, what: str) -> None:
        """See that all processes find the same. Raises CrewUnusable."""
        if self.all_reduce([number]) != [self.world_size * number] or self.all_reduce([number**2]) != [
            self.world_size * number**2
        ]:
            raise DistributedUnusable(f"the processes find different {what}; all must see the same folders")

    def barrier(self) -> None:
        """Go on when all processes are here."""
        self.all_reduce([0.0])

    @contextmanager
    def lock_run_folder(self, folder: Path) -> Iterator[None]:
        """Let no other processes into a run folder meanwhile. Raises CrewUnusable where some are in it.

        The processes of a torchrun that was killed live on, and would write what those started after them write.
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
                raise DistributedUnusable(f"another process trains {folder}; wait for it to end, or end it") from error
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def main_process_first(self) -> Iterator[None]:
        """Let the first process do what is inside before the others do it."""
        if not self.is_main_process:
            self.barrier()
        yield
        if self.is_main_process:
            self.barrier()


@contextmanager
def init_distributed(
    device: str, accumulation_steps: int = 1, *, compiled: bool = False
) -> Iterator[DistributedContext]:
    """The processes that torchrun started, or this one alone; `device` is this process's own."""
    there = torch.device(device)
    on_gpu = there.type == "cuda"
    if on_gpu and there.index is not None:
        torch.cuda.set_device(there)  # the one whose random numbers are kept (trainer/training/rng.py)
    if world_size() == 1:
        yield DistributedContext(device, accumulation_steps=accumulation_steps, compiled=compiled)
        return
    store, rank, size = next(rendezvous("env://", timeout=_PATIENCE))
    if os.environ["GROUP_WORLD_SIZE"] == "1":
        # torchrun keeps its store over restarts, and a process that reads there where another one listened before it
        # was killed waits in vain. On several machines restarts are not counted alike.
        store = PrefixStore(f"start-{os.environ['TORCHELASTIC_RESTART_COUNT']}", store)
    distributed.init_process_group(
        "nccl" if on_gpu else "gloo",
        timeout=_PATIENCE,
        store=store,
        rank=rank,
        world_size=size,
        device_id=there if on_gpu else None,
    )
    try:
        yield DistributedContext(device, rank, size, accumulation_steps, compiled)
    finally:
        distributed.destroy_process_group()


def world_size() -> int:
    """How many processes torchrun has started for one run; 1 without it."""
    return int(os.environ["WORLD_SIZE"]) if distributed.is_torchelastic_launched() else 1


def local_device(device: str) -> str:
    """The device of this process where all were given this one."""
    several = device == "cuda" and distributed.is_torchelastic_launched()
    return f"{device}:{local_rank()}" if several else device


def local_rank() -> int:
    """Return the rank of this process among those on this machine, from 0; 0 without torchrun."""
    return int(os.environ["LOCAL_RANK"]) if distributed.is_torchelastic_launched() else 0


def local_world_size() -> int:
    """Return the number of processes that torchrun started on this machine; 1 without it."""
    return int(os.environ["LOCAL_WORLD_SIZE"]) if distributed.is_torchelastic_launched() else 1
