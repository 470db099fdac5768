"""Boots the Debian that `test-device` has prepared and checks the daemon there as a service."""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tests.device import checks, kills
from tests.device.broker import Broker
from tests.device.check_runner import run_checks, since
from tests.device.device import Device, booted

Check = Callable[[Device, Broker], str]

_FIRST: Final[dict[str, Check]] = {"score of the unit": checks.score, "active with words": checks.active}


def main() -> int:
    """Run all checks and return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.device", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian")
    parser.add_argument("--tasks", type=Path, required=True, help="the landmark networks")
    parser.add_argument("--kills", type=int, required=True, help="how often the daemon is killed while words flow")
    parser.add_argument("--only", help="run only the independent checks whose names contain this text")
    options = parser.parse_args()
    others = _independent_checks(options.kills)
    selected = _FIRST | {name: check for name, check in others.items() if (options.only or "") in name}
    began = time.monotonic()
    with booted(options.root, options.tasks) as device:
        print(f"a Debian with {device.run('systemctl --version | head -1')} is up after {since(began)}", flush=True)
        broker = Broker(device)

        def journal() -> str:
            device.attempt("systemctl stop ishara-edge; systemctl reset-failed")
            return device.attempt("journalctl --unit ishara-edge --no-pager --lines 30 --output cat").stdout

        return run_checks({name: partial(check, device, broker) for name, check in selected.items()}, journal)


def _independent_checks(kill_count: int) -> dict[str, Check]:
    """Return the checks on which no other depends."""
    return {
        "journal with fields": checks.journal_fields,
        "metrics": checks.metrics,
        "sandbox": checks.sandbox,
        "networks in the sandbox": checks.networks_in_the_sandbox,
        "visitors in the sandbox": checks.visitors_in_the_sandbox,
        "SIGTERM": checks.sigterm,
        "SIGHUP": checks.reload,
        "wrong configuration": checks.wrong_configuration,
        "camera absent": checks.camera_absent,
        "SIGSTOP and watchdog": kills.watchdog,
        "broker killed": kills.broker_killed,
        f"killed {kill_count} times": kills.killed_repeatedly(kill_count),
    }


if __name__ == "__main__":
    sys.exit(main())
