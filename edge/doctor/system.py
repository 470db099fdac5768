"""Checks of the system around the daemon: its clock, its disk, its power supply, its screen."""

import ctypes
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from edge.diagnostics.finding import Finding, State
from edge.monitoring.thermal import throttled_bits

STATE_VARIABLE: Final = "STATE_DIRECTORY"
STATE_FOLDER: Final = Path("/var/lib/ishara")
_TIMESYNCD: Final = Path("/run/systemd/timesync/synchronized")
_LOW_MB: Final = 500
_FULL_MB: Final = 50
_TIME_ERROR: Final = 5  # what adjtimex returns for a clock that is not synchronised
_TIMEX_BYTES: Final = 512  # more than the kernel's struct, all zero: change nothing
# Bits of a Raspberry Pi's get_throttled: now, and since boot.
_LOW_VOLTAGE: Final = 0x1
_THROTTLED: Final = 0xE
_SINCE_BOOT: Final = 16
_SUPPLY: Final = "give it the power supply that is made for it, and a short cable"


class Kernel(Protocol):
    """The C library, as far as it reports the state of the clock."""

    def adjtimex(self, timex: Any, /) -> int:
        """Apply the changes of the struct and return the clock's state."""


def check_clock(libc: Kernel | None = None, synchronised: Path = _TIMESYNCD) -> Finding:
    """Check that a service synchronises the kernel's clock: chrony, systemd-timesyncd, ntpd.

    A service may not ask the kernel (ProtectClock=); `synchronised` is the file by which systemd-timesyncd says so.
    """
    kernel: Kernel = ctypes.CDLL(None) if libc is None else libc
    state = kernel.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if state < 0 and not synchronised.exists():
        return Finding("clock", State.SKIPPED, "whether it is synchronised cannot be seen from here; ask `timedatectl`")
    if state != _TIME_ERROR:
        return Finding("clock", State.OK, "synchronised over the network")
    remedy = "sudo timedatectl set-ntp true, and check that it reaches a time server"
    return Finding("clock", State.WARNING, "not synchronised, so words may carry a wrong time", remedy)


def check_disk(environment: Mapping[str, str], folder: Path = STATE_FOLDER) -> Finding:
    """Check that the daemon's state, such as words that wait for the broker, can be written and has room."""
    named = environment.get(STATE_VARIABLE, "").split(":")[0]
    place = Path(named) if named else folder
    while not place.is_dir():
        place = place.parent  # before the service first runs, where its folder will be
    free_mb = shutil.disk_usage(place).free // 1_000_000
    sentence = f"{free_mb} MB are free in {place}"
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        remedy = f"sudo mount -o remount,rw {_mount_of(place)}; a worn-out card turns read-only: replace it"
        return Finding("disk", State.FAILED, f"{place} cannot be written: its file system is read-only", remedy)
    if named and not os.access(place, os.W_OK):
        return Finding("disk", State.FAILED, f"{place} cannot be written by this user", f"sudo chown $USER {place}")
    if free_mb >= _LOW_MB:
        return Finding("disk", State.OK, sentence)
    remedy = "sudo journalctl --vacuum-size=50M; sudo apt-get clean"
    return Finding("disk", State.FAILED if free_mb < _FULL_MB else State.WARNING, sentence, remedy)


def check_power(sysfs: Path) -> Finding:
    """Check whether a Raspberry Pi's firmware reports low voltage or throttles the processor."""
    bits = throttled_bits(sysfs)
    if bits is None:
        return Finding("power", State.SKIPPED, "this machine does not report its power supply")
    if bits & _LOW_VOLTAGE:
        sentence = "the voltage is too low, which slows the processor down and ruins cards"
        return Finding("power", State.FAILED, sentence, _SUPPLY)
    if bits & _THROTTLED:
        return Finding("power", State.WARNING, "the firmware throttles the processor now", "give it a fan")
    if bits >> _SINCE_BOOT & _LOW_VOLTAGE:
        return Finding("power", State.WARNING, "the voltage has been too low since boot", _SUPPLY)
    if bits >> _SINCE_BOOT & _THROTTLED:
        return Finding("power", State.WARNING, "the processor has been throttled since boot", "give it a fan")
    return Finding("power", State.OK, "the voltage has been right since boot")


def check_screen(sysfs: Path, *, required: bool) -> Finding:
    """Check that a screen is connected, as the kernel's graphics drivers report it; `required` by captions."""
    if not required:
        return Finding("screen", State.SKIPPED, "no captions are configured")
    connectors = sorted((sysfs / "class" / "drm").glob("card*-*/status"))
    states = {path.parent.name.partition("-")[2]: path.read_text(encoding="ascii").strip() for path in connectors}
    connected = [name for name, state in states.items() if state == "connected"]
    if connected:
        return Finding("screen", State.OK, f"connected to {', '.join(connected)}")
    if states:
        remedy = "connect the screen and switch it on"
        return Finding("screen", State.FAILED, f"none is connected to {', '.join(states)}", remedy)
    remedy = "on a Raspberry Pi: dtoverlay=vc4-kms-v3d in /boot/firmware/config.txt, then sudo reboot"
    return Finding("screen", State.FAILED, "the kernel has no graphics driver for one", remedy)


def _mount_of(place: Path) -> Path:
    while not place.is_mount():
        place = place.parent
    return place
