"""The two machines that run the same programs: this one, and the Arm Debian on an emulated processor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from edge.config.explanation import PREFIX
from landmarkers.task_bundles import FOLDER_VARIABLE

_TIMEOUT_S: Final = 1800.0
_PROJECT: Final = Path(__file__).parents[2]
_CORES: Final = 2
# From the processors' own /proc/cpuinfo; QEMU's user mode shows this machine's.
_FEATURES: Final = {
    "cortex-a72": ("0xd08", "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"),
    "cortex-a76": (
        "0xd0b",
        "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
    ),
}
PROCESSORS: Final = tuple(_FEATURES)


@dataclass(frozen=True, slots=True)
class Result:
    """The exit code and output of a program."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def failure(self) -> str:
        """The reason of the failure, in one line."""
        if self.code < 0:
            return f"died of {signal.Signals(-self.code).name}"
        return f"exit code {self.code}: {(self.stderr.strip().splitlines() or ['no reason given'])[-1]}"


class Machine(Protocol):
    """Runs programs, which find the takes, clips and programs of the comparison under `folder`."""

    def folder(self, name: str) -> Path:
        """Return the folder of the takes, the shared clips or the programs as seen from there."""

    def run(self, *arguments: str) -> Result:
        """Run Python there with these arguments."""


class ThisMachine:
    """This machine with this checkout."""

    def __init__(self, shared: Path) -> None:
        self._folders = {"takes": _PROJECT / "edge/demo/takes", "shared": shared, "programs": _PROJECT / "tests/arm"}

    def folder(self, name: str) -> Path:
        return self._folders[name]

    def run(self, *arguments: str) -> Result:
        others = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
        networks = {name: text for name, text in os.environ.items() if name == FOLDER_VARIABLE}
        return _run([sys.executable, *arguments], others | networks | {"PYTHONPATH": str(_PROJECT)})


class EmulatedMachine:
    """The Arm Debian on one processor; only one may be in use at a time."""

    def __init__(self, root: Path, cpuinfo: Path, processor: str) -> None:
        self._root = root
        self._environment = {
            "QEMU_CPU": processor,
            "PATH": "/opt/ishara/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
            FOLDER_VARIABLE: "/mnt/tasks",
        }
        part, features = _FEATURES[processor]
        core = f"Features\t: {features}\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: {part}\n\n"
        cpuinfo.write_text("".join(f"processor\t: {number}\n{core}" for number in range(_CORES)))

    def folder(self, name: str) -> Path:
        return Path("/mnt") / name

    def run(self, *arguments: str) -> Result:
        return _run(["chroot", str(self._root), "/opt/ishara/bin/python", "-P", *arguments], self._environment)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> Result:
    began = time.monotonic()
    done = subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", timeout=_TIMEOUT_S, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr, time.monotonic() - began)
