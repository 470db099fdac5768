"""The random numbers of a run, which can be put away and taken up again."""

from dataclasses import dataclass
from typing import Any, Final, Self

import torch

_SEEDS: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class RngState:
    """What is random in training: which takes are drawn and how they are changed, and what the network drops.

    The last comes from torch's own generator for the device, of which there is one in a process.
    """

    device: torch.device
    sampler: torch.Generator  # on the processor

    @classmethod
    def from_seed(cls, seed: int, device: str) -> Self:
        """All of them from one seed."""
        torch.manual_seed(seed)
        return cls(torch.device(device), torch.Generator().manual_seed(seed))

    def next_seed(self) -> int:
        """A number by which the next batch is changed."""
        return int(torch.randint(_SEEDS, (), generator=self.sampler))

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Where they all are."""
        state = {"sampler_rng": self.sampler.get_state(), "torch_rng": torch.get_rng_state()}
        if self.device.type != "cpu":
            state["device_rng"] = torch.get_device_module(self.device).get_rng_state()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where they were; on a device of another kind what happens there begins anew."""
        self.sampler.set_state(state["sampler_rng"])
        torch.set_rng_state(state["torch_rng"])
        if self.device.type != "cpu" and "device_rng" in state:
            torch.get_device_module(self.device).set_rng_state(state["device_rng"])
