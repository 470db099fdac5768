"""Measures the processor's temperature and whether the processor is throttled for it.

Linux reports temperatures as thermal zones and what it throttles as cooling devices. A Raspberry Pi's firmware
throttles the processor by itself, at 80 °C; the kernel's firmware driver reports it, or else the program vcgencmd.
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

from edge.workers.supervised_thread import Escalation, SupervisedThread

log = logging.getLogger(__name__)

SYSFS: Final = Path("/sys")
_PROCESSOR: Final = re.compile(
    "cpu|gpu|soc|tj|pkg", re.IGNORECASE | re.ASCII
)  # zones: cpu-thermal, CPU-therm, tj-thermal …
_FIRMWARE: Final = ("soc*/*firmware/get_throttled", "*firmware/get_throttled")  # under devices/platform
# Bits of get_throttled: 1 frequency capped, 2 throttled, 3 soft temperature limit; 0 low voltage; 16 and up are past.
_THROTTLED_NOW: Final = 0b1110
_VCGENCMD_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class ThermalState:
    """The hottest sensor of the processor, and whether firmware or kernel throttle it now; None where unknown."""

    celsius: float | None = None
    throttled: bool | None = None


class ThermalMonitor:
    """Measures at once and then every few seconds, on a thread of its own."""

    def __init__(
        self,
        every_s: float,
        report: Callable[[ThermalState, float], None],
        escalation: Escalation,
        sysfs: Path = SYSFS,
    ) -> None:
        """`report` receives each state and its time on the monotonic clock, in seconds."""
        self._every_s = every_s
        self._report = report
        self._sysfs = sysfs
        self._closed = threading.Event()
        self._thread = SupervisedThread("the thermal monitor", self._run, escalation)
        self._thread.start()

    def close(self) -> None:
        """Stop measuring; a firmware that does not answer is not waited for."""
        self._closed.set()
        self._thread.close(0.0)

    def _run(self) -> None:
        state = read_thermal_state(self._sysfs)
        if state == ThermalState():
            log.debug("this machine reports no temperature of its processor")
        while not self._closed.is_set():
            self._report(state, time.monotonic())
            self._closed.wait(self._every_s)
            state = read_thermal_state(self._sysfs)


def read_thermal_state(sysfs: Path = SYSFS) -> ThermalState:
    """Return the present state. May take seconds with vcgencmd; a sensor that cannot be read counts as missing."""
    celsius = max(_zones(sysfs), default=None)
    if celsius is None and (text := _match(r"temp=([0-9]{1,3}(?:\.[0-9]{1,3})?)'C", _ask_vcgencmd("measure_temp"))):
        celsius = float(text)
    bits = throttled_bits(sysfs)
    throttled = [state > 0 for state in _cpufreq_cooling(sysfs)]
    if bits is not None:
        throttled.append(bool(bits & _THROTTLED_NOW))
    return ThermalState(None if celsius is None else round(celsius, 1), any(throttled) if throttled else None)


def throttled_bits(sysfs: Path = SYSFS) -> int | None:
    """Return the bits with which a Raspberry Pi's firmware reports its power (get_throttled); None elsewhere."""
    bits = next(_firmware_bits(sysfs), None)
    if bits is None and (text := _match(r"throttled=0x([0-9a-f]{1,8})", _ask_vcgencmd("get_throttled"))):
        bits = int(text, 16)
    return bits


def _zones(sysfs: Path) -> Iterator[float]:
    """Yield the temperatures of the processor's zones in °C, which the kernel reports in thousandths."""
    for zone in sysfs.glob("class/thermal/thermal_zone*"):
        if _PROCESSOR.search(_content(zone / "type")):
            thousandths = _match("(-?[0-9]{1,6})", _content(zone / "temp"))
            if thousandths is not None:
                yield int(thousandths) / 1000


def _cpufreq_cooling(sysfs: Path) -> Iterator[int]:
    """Yield how many steps the kernel has lowered each processor's frequency because of heat."""
    for device in sysfs.glob("class/thermal/cooling_device*"):
        if "cpufreq" in _content(device / "type"):
            state = _match("([0-9]{1,6})", _content(device / "cur_state"))
            if state is not None:
                yield int(state)


def _firmware_bits(sysfs: Path) -> Iterator[int]:
    """Yield the bits that the kernel's driver reports of a Raspberry Pi's firmware."""
    for pattern in _FIRMWARE:
        for path in (sysfs / "devices" / "platform").glob(pattern):
            bits = _match(r"(?:0x)?([0-9a-f]{1,8})", _content(path))
            if bits is not None:
                yield int(bits, 16)


def _content(path: Path) -> str:
    """Return the content of a kernel's file; empty when it cannot be read, such as that of a disabled sensor."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _ask_vcgencmd(question: str) -> str:
    """Return the answer of the Raspberry Pi's own program; empty where it is missing, fails or takes too long."""
    program = shutil.which("vcgencmd")
    if program is None:
        return ""
    try:
        answer = subprocess.run(
            [program, question], capture_output=True, text=True, errors="replace", timeout=_VCGENCMD_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _match(pattern: str, text: str) -> str | None:
    """Return the pattern's group if the pattern matches all of the text."""
    match = re.fullmatch(pattern, text)
    return None if match is None else match[1]
