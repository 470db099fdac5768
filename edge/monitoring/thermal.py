"""Tells how hot the processor is and whether it is slowed down for it.

Linux tells temperatures as thermal zones and what it slows down as cooling devices. A Raspberry Pi's firmware slows
the processor down by itself, at 80 °C: the kernel's firmware driver tells so, or else the program vcgencmd.
https://docs.kernel.org/driver-api/thermal/sysfs-api.html
https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
"""

import logging
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

SYSFS: Final = Path("/sys")
_PROCESSOR: Final = re.compile("cpu|gpu|soc|tj|pkg", re.IGNORECASE)  # zones: cpu-thermal, CPU-therm, tj-thermal …
_FIRMWARE: Final = ("soc*/*firmware/get_throttled", "*firmware/get_throttled")  # under devices/platform
# Bits of get_throttled: 1 frequency capped, 2 throttled, 3 soft temperature limit; 0 low voltage; 16 and up are past.
_THROTTLED_NOW: Final = 0b1110
_VCGENCMD_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class ThermalState:
    """The hottest of the processor's sensors, and whether firmware or kernel slow it down now; None: nothing tells."""

    celsius: float | None = None
    throttled: bool | None = None


class ThermalMonitor:
    """Measures at once and then every few seconds, on a thread of its own."""

    def __init__(self, every_s: float, tell: Callable[[ThermalState, float], None], sysfs: Path = SYSFS) -> None:
        """`tell` gets the heat and the moment on the monotonic clock, in seconds."""
        self._every_s = every_s
        self._tell = tell
        self._sysfs = sysfs
        self._closed = threading.Event()
        # A daemon thread: a firmware that does not answer must not keep the program from leaving.
        threading.Thread(target=self._watch, name="thermometer", daemon=True).start()

    def close(self) -> None:
        """Measure no more."""
        self._closed.set()

    def _watch(self) -> None:
        heat = read_thermal_state(self._sysfs)
        if heat == ThermalState():
            log.debug("nothing here tells how hot the processor is")
        while not self._closed.is_set():
            self._tell(heat, time.monotonic())
            self._closed.wait(self._every_s)
            heat = read_thermal_state(self._sysfs)


def read_thermal_state(sysfs: Path = SYSFS) -> ThermalState:
    """The heat now. May take seconds where vcgencmd has to be asked; what cannot be read counts as not there."""
    celsius = max(_zones(sysfs), default=None)
    if celsius is None and (answer := _found(r"temp=(\d+(?:\.\d+)?)'C", _ask_vcgencmd("measure_temp"))):
        celsius = float(answer)
    bits = throttled_bits(sysfs)
    slowed = [state > 0 for state in _slowed_by_kernel(sysfs)]
    if bits is not None:
        slowed.append(bool(bits & _THROTTLED_NOW))
    return ThermalState(None if celsius is None else round(celsius, 1), any(slowed) if slowed else None)


def throttled_bits(sysfs: Path = SYSFS) -> int | None:
    """What a Raspberry Pi's firmware tells of its power, bit by bit (get_throttled); None on any other machine."""
    bits = next(_firmware(sysfs), None)
    if bits is None and (answer := _found(r"throttled=0x([0-9a-f]+)", _ask_vcgencmd("get_throttled"))):
        bits = int(answer, 16)
    return bits


def _zones(sysfs: Path) -> Iterator[float]:
    """Temperatures of the processor's zones in °C, which the kernel tells in thousandths."""
    for zone in sysfs.glob("class/thermal/thermal_zone*"):
        if _PROCESSOR.search(_content(zone / "type")):
            thousandths = _found(r"(-?\d+)", _content(zone / "temp"))
            if thousandths is not None:
                yield int(thousandths) / 1000


def _slowed_by_kernel(sysfs: Path) -> Iterator[int]:
    """How far the kernel has lowered each processor's frequency for its heat, 0 for not at all."""
    for device in sysfs.glob("class/thermal/cooling_device*"):
        if "cpufreq" in _content(device / "type"):
            state = _found(r"(\d+)", _content(device / "cur_state"))
            if state is not None:
                yield int(state)


def _firmware(sysfs: Path) -> Iterator[int]:
    """The bits of a Raspberry Pi's firmware, as its kernel driver tells them."""
    for pattern in _FIRMWARE:
        for path in (sysfs / "devices" / "platform").glob(pattern):
            bits = _found(r"(?:0x)?([0-9a-f]+)", _content(path))
            if bits is not None:
                yield int(bits, 16)


def _content(path: Path) -> str:
    """What a file of the kernel says; nothing when it cannot be read, as that of a switched off sensor."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _ask_vcgencmd(question: str) -> str:
    """The answer of the Raspberry Pi's own program; nothing where it is not there, refuses or takes too long."""
    program = shutil.which("vcgencmd")
    if program is None:
        return ""
    try:
        asked = subprocess.run(
            [program, question], capture_output=True, text=True, errors="replace", timeout=_VCGENCMD_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _found(pattern: str, text: str) -> str | None:
    """What the pattern's group finds when the pattern is all of the text."""
    found = re.fullmatch(pattern, text)
    return None if found is None else found[1]
