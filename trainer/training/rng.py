"""The state of a run's random number generators, which is saved and restored with a checkpoint."""

from dataclasses import dataclass
from typing import Any, Final, Self

import torch

_SEEDS: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class RngState:
    """Holds the generators of a run: one for sampling and augmentation, and torch's own for dropout and initialisation.

    torch has one global generator for each device in a process.
    """

    device: torch.device
    sampler: torch.Generator  # on the CPU

    @classmethod
    def from_seed(cls, seed: int, device: str) -> Self:
        """Seed all generators with one number."""
        torch.manual_seed(seed)
        return cls(torch.device(device), torch.Generator().manual_seed(seed))

    def next_seed(self) -> int:
        """Return the seed for the augmentation of the next batch."""
        return int(torch.randint(_SEEDS, (), generator=self.sampler))

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Return the state of every generator."""
        state = {"sampler_rng": self.sampler.get_state(), "torch_rng": torch.get_rng_state()}
        if self.device.type != "cpu":
            state["device_rng"] = torch.get_device_module(self.device).get_rng_state()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore every generator; that of a device of another kind than before keeps its present state."""
        self.sampler.set_state(state["sampler_rng"])
        torch.set_rng_state(state["torch_rng"])
        if self.device.type != "cpu" and "device_rng" in state:
            torch.get_device_module(self.device).set_rng_state(state["device_rng"])
