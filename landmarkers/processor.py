"""The machine and its processor with its instruction set extensions, as Linux reports them."""

import platform
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

# Arm's own part numbers, because its processors report no name; the list is that of util-linux's lscpu.
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
    """The files in which Linux describes this machine; a test passes other paths."""

    architecture: str = platform.machine()
    cpuinfo: Path = Path("/proc/cpuinfo")
    board: Path = Path("/proc/device-tree/model")
    thermal: Path = Path("/sys/class/thermal")
    pointer_bits: int = _BITS_PER_BYTE * struct.calcsize("P")


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor; `features` are those of every core, in Linux's names, empty where Linux reports none."""

    architecture: str
    name: str
    features: frozenset[str]

    @classmethod
    def of(cls, machine: Machine) -> Self:
        """Read the processor of a machine."""
        text = machine.cpuinfo.read_text(encoding="utf-8", errors="replace") if machine.cpuinfo.is_file() else ""
        rows = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in text.splitlines())]
        names = [value for key, value in rows if key == "model name"]
        parts = [_part_name(value) for key, value in rows if key == "CPU part"]
        core_features = [frozenset(value.split()) for key, value in rows if key in ("Features", "flags")]
        # A processor may have cores of several kinds, and a program may run on any of them.
        name = " and ".join(dict.fromkeys(names or parts)) or "an unknown processor"
        features = frozenset.intersection(*core_features) if core_features else frozenset[str]()
        return cls(machine.architecture, name, features)

    @property
    def is_arm64(self) -> bool:
        """True if this is 64-bit Arm."""
        return self.architecture in ("aarch64", "arm64")

    @property
    def lacks_atomics(self) -> bool:
        """True if ARMv8.1's atomic instructions are missing, as on a Raspberry Pi 4 or the first Jetson Nano."""
        return self._is_known_to_lack("atomics")

    def missing_features(self) -> list[str]:
        """Return readable names of features that newer Arm processors have and this one is known to lack."""
        descriptions = {
            "atomics": "ARMv8.1 atomics (MediaPipe needs them)",
            "asimddp": "dot product (int8 networks are slower)",
        }
        return [name for feature, name in descriptions.items() if self._is_known_to_lack(feature)]

    def _is_known_to_lack(self, feature: str) -> bool:
        return self.is_arm64 and bool(self.features) and feature not in self.features


def board_name(machine: Machine) -> str | None:
    """Return the board's model name, such as `Raspberry Pi 4 Model B Rev 1.4`; None on one without a device tree."""
    if not machine.board.is_file():
        return None
    return machine.board.read_text(encoding="utf-8", errors="replace").strip("\0 \n") or None


def temperature(machine: Machine) -> float | None:
    """Return the highest of the machine's temperatures in degrees Celsius, or None without a sensor."""
    readings: list[float] = []
    for path in machine.thermal.glob("thermal_zone*/temp"):
        try:
            readings.append(int(path.read_text(encoding="ascii")) / 1000)
        except (OSError, ValueError):
            continue  # a sensor that is switched off returns an error
    return max(readings, default=None)


def _part_name(value: str) -> str:
    try:
        return _ARM_PARTS.get(int(value, 16), f"Arm part {value}")
    except ValueError:
        return f"Arm part {value}"
