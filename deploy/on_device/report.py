"""Prints the state of a device as one JSON object: service, program, models and the daemon's metrics.

`ishara-deploy` runs this file with the device's own Python, as root.
"""

import http.client
import json
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

CONFIG = Path("/etc/ishara/edge.toml")
SETTINGS = Path("/var/lib/ishara/edge.toml")  # of a device that was set up in the browser
ACTIVE = Path("/opt/ishara")
UNIT = "ishara-edge.service"
PROPERTIES = ("LoadState", "ActiveState", "StatusText", "NRestarts", "ExecMainStatus", "MainPID")
THERMOMETER = Path("/sys/class/thermal/thermal_zone0/temp")
STATE = "/var/lib/ishara"
TIMEOUT_S = 3.0
LONGEST_METRICS = 1 << 20
# The daemon that is asked may have been taken over, and this runs as root: it ends before `ishara-deploy` gives up.
LONGEST_RUN_S = 110
ANY_ADDRESS = "0.0.0.0"  # noqa: S104  # an address that the daemon may listen on


def main() -> None:
    """Print the report."""
    signal.alarm(LONGEST_RUN_S)
    report: dict[str, Any] = {"release": release(), "service": service(), "metrics": metrics(), "celsius": celsius()}
    report |= models()
    json.dump(report, sys.stdout)


def release() -> str | None:
    """Return the active release of the program."""
    return ACTIVE.readlink().name if ACTIVE.is_symlink() else None


def service() -> dict[str, str]:
    """Return systemd's properties of the daemon."""
    command = ["systemctl", "show", UNIT, "--property", ",".join(PROPERTIES)]
    output = subprocess.run(command, check=False, capture_output=True, encoding="utf-8").stdout
    return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)


def metrics() -> dict[str, float | str] | None:
    """Return the daemon's metrics by name, with `model`; None without [metrics] in the configuration."""
    try:
        path = CONFIG if CONFIG.exists() else SETTINGS
        section = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("metrics")
        if not isinstance(section, dict):
            return None
        address = section.get("address", "127.0.0.1")
        url = f"http://{'127.0.0.1' if address == ANY_ADDRESS else address}:{section.get('port', 9108)}/metrics"
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            return _figures(answer.read(LONGEST_METRICS).decode())
    except (OSError, ValueError, RecursionError, http.client.HTTPException):  # the service's own state is shown
        return None


def _figures(metrics: str) -> dict[str, float | str]:
    figures: dict[str, float | str] = {}
    for line in metrics.splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("ishara_model_info"):
            figures["model"] = name.partition('model="')[2].rpartition('"')[0]
        elif name and not line.startswith("#"):
            figures[name] = float(value)
    return figures


def models() -> dict[str, Any]:
    """Return the content of the store of bundles, or why it cannot be listed."""
    command = [str(ACTIVE / "bin/ishara-edge"), "models", "list", "--json", "--config", str(CONFIG)]
    if not CONFIG.exists():
        command.append("--setup")
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
        return {"models": None, "models_error": str(error.strerror)}
    except json.JSONDecodeError:
        return {"models": None, "models_error": (done.stderr.strip().splitlines() or [""])[-1]}


def celsius() -> float | None:
    """Return the processor's temperature in °C; None where nothing reports it."""
    try:
        return int(THERMOMETER.read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    main()
