"""How a device is: the service, the program, the models and what the daemon counts, as one JSON object.

`ishara-deploy` runs this file with the device's own Python, as root.
"""

import json
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

CONFIG = Path("/etc/ishara/edge.toml")
TAKEN = Path("/opt/ishara")
UNIT = "ishara-edge.service"
PROPERTIES = ("LoadState", "ActiveState", "StatusText", "NRestarts", "ExecMainStatus", "MainPID")
THERMOMETER = Path("/sys/class/thermal/thermal_zone0/temp")
STATE = "/var/lib/ishara"
ASK_S = 3.0
EVERYWHERE = "0.0.0.0"  # noqa: S104  # what the daemon may have been told to listen on


def main() -> None:
    """Print the report."""
    report: dict[str, Any] = {"release": release(), "service": service(), "metrics": metrics(), "celsius": celsius()}
    report |= models()
    json.dump(report, sys.stdout)


def release() -> str | None:
    """The release of the program that runs."""
    return TAKEN.readlink().name if TAKEN.is_symlink() else None


def service() -> dict[str, str]:
    """What systemd says of the daemon."""
    command = ["systemctl", "show", UNIT, "--property", ",".join(PROPERTIES)]
    told = subprocess.run(command, check=False, capture_output=True, encoding="utf-8").stdout
    return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)


def metrics() -> dict[str, float | str] | None:
    """The daemon's own figures by name, with `model`; None where the configuration lets nobody ask for them."""
    try:
        section = tomllib.loads(CONFIG.read_text(encoding="utf-8")).get("metrics")
        if section is None:
            return None
        address = section.get("address", "127.0.0.1")
        asked = f"http://{'127.0.0.1' if address == EVERYWHERE else address}:{section.get('port', 9108)}/metrics"
        with urllib.request.urlopen(asked, timeout=ASK_S) as answer:
            lines = answer.read().decode().splitlines()
    except (OSError, urllib.error.URLError, tomllib.TOMLDecodeError):
        return None
    figures: dict[str, float | str] = {}
    for line in lines:
        name, _, value = line.rpartition(" ")
        if name.startswith("ishara_model_info"):
            figures["model"] = name.partition('model="')[2].rpartition('"')[0]
        elif name and not line.startswith("#"):
            figures[name] = float(value)
    return figures


def models() -> dict[str, Any]:
    """What the store of bundles says, or why it says nothing."""
    command = [str(TAKEN / "bin/ishara-edge"), "models", "list", "--json", "--config", str(CONFIG)]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            encoding="utf-8",
            env={"STATE_DIRECTORY": STATE, "LANG": "C.UTF-8"},
        )
        return {"models": json.loads(done.stdout)}
    except OSError as error:
        return {"models": None, "models_trouble": str(error.strerror)}
    except json.JSONDecodeError:
        return {"models": None, "models_trouble": (done.stderr.strip().splitlines() or [""])[-1]}


def celsius() -> float | None:
    """The processor's temperature."""
    try:
        return int(THERMOMETER.read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    main()
