"""What is around the daemon: its clock, its disk, its power supply, its screen."""

import ctypes
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from edge.doctor.finding import Finding, State
from edge.monitoring.thermal import throttled_bits

STATE_VARIABLE: Final = "STATE_DIRECTORY"
STATE_FOLDER: Final = Path("/var/lib/ishara")
_SHORT_MB, _FULL_MB = 500, 50
_TIME_ERROR: Final = 5  # what adjtimex returns for a clock that nothing keeps right
_TIMEX_BYTES: Final = 512  # more than the kernel's struct, all zero: change nothing
# Bits of a Raspberry Pi's get_throttled: now, and since it was started.
_LOW_VOLTAGE, _SLOWED = 0x1, 0xE
_PAST: Final = 16
_SUPPLY: Final = "give it the power supply that is made for it, and a short cable"


class Kernel(Protocol):
    """What tells how the clock is kept: the C library."""

    def adjtimex(self, timex: Any, /) -> int:
        """The clock's state, after changing what the struct asks for."""


def check_clock(libc: Kernel | None = None) -> Finding:
    """Whether the kernel's clock is kept right by somebody: chrony, systemd-timesyncd, ntpd."""
    asked: Kernel = ctypes.CDLL(None) if libc is None else libc
    state = asked.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if state < 0:
        return Finding("clock", State.LEFT_OUT, "the system does not tell whether its clock is right")
    if state != _TIME_ERROR:
        return Finding("clock", State.OK, "kept right over the network")
    remedy = "sudo timedatectl set-ntp true, and see that it reaches a time server"
    return Finding("clock", State.WARNING, "nothing keeps it right, so words may carry a wrong time", remedy)


def check_disk(environment: Mapping[str, str], folder: Path = STATE_FOLDER) -> Finding:
    """Whether what the daemon keeps, as words that wait for the broker, can be written and has room."""
    named = environment.get(STATE_VARIABLE, "").split(":")[0]
    place = Path(named) if named else folder
    while not place.is_dir():
        place = place.parent  # before the service first ran, where its folder will be
    free_mb = shutil.disk_usage(place).free // 1_000_000
    sentence = f"{free_mb} MB are free in {place}"
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        remedy = f"sudo mount -o remount,rw {_mount_of(place)}; a card that is worn out goes read-only: replace it"
        return Finding("disk", State.FAILED, f"{place} cannot be written: its file system is read-only", remedy)
    if named and not os.access(place, os.W_OK):
        return Finding("disk", State.FAILED, f"{place} cannot be written by this user", f"sudo chown $USER {place}")
    if free_mb >= _SHORT_MB:
        return Finding("disk", State.OK, sentence)
    remedy = "sudo journalctl --vacuum-size=50M; sudo apt-get clean"
    return Finding("disk", State.FAILED if free_mb < _FULL_MB else State.WARNING, sentence, remedy)


def check_power(sysfs: Path) -> Finding:
    """Whether a Raspberry Pi's firmware tells of too little voltage or of slowing the processor down."""
    bits = throttled_bits(sysfs)
    if bits is None:
        return Finding("power", State.LEFT_OUT, "this machine does not tell of its power supply")
    if bits & _LOW_VOLTAGE:
        return Finding("power", State.FAILED, "the voltage is too low, which slows it down and ruins cards", _SUPPLY)
    if bits & _SLOWED:
        return Finding("power", State.WARNING, "the firmware slows the processor down now", "give it a fan")
    if bits >> _PAST & _LOW_VOLTAGE:
        return Finding("power", State.WARNING, "the voltage was too low since it was started", _SUPPLY)
    if bits >> _PAST & _SLOWED:
        return Finding("power", State.WARNING, "the processor was slowed down since it was started", "give it a fan")
    return Finding("power", State.OK, "the voltage is right and was so since it was started")


def check_screen(sysfs: Path, *, wanted: bool) -> Finding:
    """Whether a screen is plugged in, as the kernel's graphics drivers tell; `wanted` when captions are configured."""
    if not wanted:
        return Finding("screen", State.LEFT_OUT, "no captions are configured")
    connectors = sorted((sysfs / "class" / "drm").glob("card*-*/status"))
    states = {path.parent.name.partition("-")[2]: path.read_text(encoding="ascii").strip() for path in connectors}
    plugged = [name for name, state in states.items() if state == "connected"]
    if plugged:
        return Finding("screen", State.OK, f"plugged in at {', '.join(plugged)}")
    if states:
        remedy = "plug the screen in and switch it on"
        return Finding("screen", State.FAILED, f"none is plugged in at {', '.join(states)}", remedy)
    remedy = "on a Raspberry Pi: dtoverlay=vc4-kms-v3d in /boot/firmware/config.txt, then sudo reboot"
    return Finding("screen", State.FAILED, "the kernel has no graphics driver for one", remedy)


def _mount_of(place: Path) -> Path:
    while not place.is_mount():
        place = place.parent
    return place
