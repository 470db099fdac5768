"""The systems that can become a device: a 64-bit Debian or Ubuntu with systemd, Python 3.11 or later, and room."""

import re
from typing import Final

from edge.installation.machine import Machine, StepFailed

_PROCESSORS: Final = ("x86_64", "aarch64")
_PYTHON: Final = (3, 11)
_MB: Final = 1_000_000
_SPACE_MB: Final = 1500  # packages, program and networks take 1.0 GB, and pip's downloads 0.3 GB beside them
_QUERY: Final = """
. /etc/os-release 2>/dev/null; echo "system=$ID $ID_LIKE"; echo "name=$PRETTY_NAME"
echo "processor=$(uname -m)"; echo "bits=$(getconf LONG_BIT)"
echo "python=$(/usr/bin/python3 -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null)"
echo "systemd=$(command -v systemctl)"; echo "there=$(readlink /opt/ishara)"
echo "free=$(df --output=avail --block-size=1 /opt 2>/dev/null | tail -1)"
"""


def require_supported(machine: Machine) -> None:
    """Require a system on which the program can be installed. Raises StepFailed with what is wrong and the remedy."""
    found = dict(line.partition("=")[::2] for line in machine.run(_QUERY).splitlines())
    fault = _fault(found)
    if fault is not None:
        raise StepFailed(fault, user_action_required=True)


def _fault(found: dict[str, str]) -> str | None:
    name = found.get("name") or "an unknown system"
    if "debian" not in found.get("system", "").split() or not found.get("systemd"):
        return f"this is {name}; install Raspberry Pi OS, Debian 12 or later, or Ubuntu 24.04 or later, with systemd"
    if found.get("processor") not in _PROCESSORS or found.get("bits") != "64":
        bits, processor = found.get("bits") or "?", found.get("processor") or "unknown"
        return f"this is {name} of {bits} bits on the processor {processor}; install its 64-bit version"
    python = tuple(int(number) for number in re.findall("[0-9]{1,4}", found.get("python", ""))[:2])
    if python and python < _PYTHON:
        version = ".".join(map(str, python))
        return f"{name} has Python {version}, and Ishara needs 3.11; install Debian 12 or Ubuntu 24.04, or later"
    free = re.fullmatch(" *([0-9]{1,18})", found.get("free", ""))
    if free is not None and not found.get("there") and int(free[1]) < _SPACE_MB * _MB:
        return (
            f"/opt has {int(free[1]) // _MB} MB free, and the program needs {_SPACE_MB} MB; use a larger card or disk"
        )
    return None
