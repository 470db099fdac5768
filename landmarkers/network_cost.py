"""The computing cost of a landmark network."""

from dataclasses import dataclass
from typing import Self

from landmarkers.litert import TfliteNetwork


@dataclass(frozen=True, slots=True)
class NetworkCost:
    """The number of runs of a network, and the multiply-accumulate operations (MACs) of one run."""

    runs: int
    macs: int

    @classmethod
    def of(cls, *networks: TfliteNetwork) -> Self:
        """Sum up the cost of networks that are copies of one."""
        return cls(sum(network.runs for network in networks), networks[0].macs)
