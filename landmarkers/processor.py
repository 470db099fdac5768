"""Which machine and processor this is, and what it can do, as Linux tells of them."""

import platform
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

# Arm's own part numbers (its processors tell no name); the list is that of util-linux's lscpu.
_ARM_PARTS: Final = {
    0xD03: "Cortex-A53",
    0xD04: "Cortex-A35",
    0xD05: "Cortex-A55",
    0xD07: "Cortex-A57",
    0xD08: "Cortex-A72",
    0xD09: "Cortex-A73",
    0xD0A: "Cortex-A75",
    0xD0B: "Cortex-A76",
    0xD0C: "Neoverse-N1",
    0xD41: "Cortex-A78",
    0xD42: "Cortex-A78AE",
}
_BITS_PER_BYTE: Final = 8


@dataclass(frozen=True, slots=True)
class Machine:
    """Where this machine tells of itself; a test names other places."""

    architecture: str = platform.machine()
    cpuinfo: Path = Path("/proc/cpuinfo")
    board: Path = Path("/proc/device-tree/model")
    thermal: Path = Path("/sys/class/thermal")
    pointer_bits: int = _BITS_PER_BYTE * struct.calcsize("P")


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor; `features` are what every core can do, named as Linux does, or nothing where it does not say."""

    architecture: str
    name: str
    features: frozenset[str]

    @classmethod
    def of(cls, machine: Machine) -> Self:
        """The processor of a machine."""
        text = machine.cpuinfo.read_text(encoding="utf-8", errors="replace") if machine.cpuinfo.is_file() else ""
        rows = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in text.splitlines())]
        names = [value for key, value in rows if key == "model name"]
        parts = [_part_name(value) for key, value in rows if key == "CPU part"]
        of_cores = [frozenset(value.split()) for key, value in rows if key in ("Features", "flags")]
        # A processor may have cores of several kinds; a program runs on any of them.
        name = " and ".join(dict.fromkeys(names or parts)) or "a processor without a name"
        features = frozenset.intersection(*of_cores) if of_cores else frozenset[str]()
        return cls(machine.architecture, name, features)

    @property
    def is_arm64(self) -> bool:
        """Whether this is 64-bit Arm."""
        return self.architecture in ("aarch64", "arm64")

    @property
    def lacks_atomics(self) -> bool:
        """Whether ARMv8.1's atomic instructions are missing, as on a Raspberry Pi 4 or a first Jetson Nano."""
        return self._is_known_to_lack("atomics")

    def missing_features(self) -> list[str]:
        """What newer Arm processors have and this one is known not to have, for people."""
        named = {
            "atomics": "ARMv8.1 atomics (MediaPipe needs them)",
            "asimddp": "dot product (int8 networks are slower)",
        }
        return [name for feature, name in named.items() if self._is_known_to_lack(feature)]

    def _is_known_to_lack(self, feature: str) -> bool:
        return self.is_arm64 and bool(self.features) and feature not in self.features


def board_name(machine: Machine) -> str | None:
    """What the board calls itself: `Raspberry Pi 4 Model B Rev 1.4`. Only boards with a device tree do."""
    if not machine.board.is_file():
        return None
    return machine.board.read_text(encoding="utf-8", errors="replace").strip("\0 \n") or None


def temperature(machine: Machine) -> float | None:
    """Degrees Celsius of the hottest place that the machine measures, None where it measures none."""
    measured: list[float] = []
    for path in machine.thermal.glob("thermal_zone*/temp"):
        try:
            measured.append(int(path.read_text(encoding="ascii")) / 1000)
        except (OSError, ValueError):
            continue  # a sensor that is switched off answers with an error
    return max(measured, default=None)


def _part_name(value: str) -> str:
    try:
        return _ARM_PARTS.get(int(value, 16), f"Arm part {value}")
    except ValueError:
        return f"Arm part {value}"
