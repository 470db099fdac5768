"""Boots the Debian that `test-device` has made ready and tries the daemon there as a service, check by check."""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tests.device import checks
from tests.device.broker import Broker
from tests.device.device import Device, booted
from tests.device.trial import since, try_all

Check = Callable[[Device, Broker], str]

_FIRST: Final[dict[str, Check]] = {"score of the unit": checks.score, "active with words": checks.active}


def main() -> int:
    """Run all checks; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tests.device", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian")
    parser.add_argument("--tasks", type=Path, required=True, help="the landmark networks")
    parser.add_argument("--kills", type=int, required=True, help="how often the daemon is killed while words flow")
    parser.add_argument("--only", help="of the checks that no other rests on, run those whose names hold this")
    options = parser.parse_args()
    others = _others(options.kills)
    wanted = _FIRST | {name: check for name, check in others.items() if (options.only or "") in name}
    began = time.monotonic()
    with booted(options.root, options.tasks) as device:
        print(f"a Debian with {device.run('systemctl --version | head -1')} is up after {since(began)}", flush=True)
        broker = Broker(device)

        def journal() -> str:
            device.attempt("systemctl stop ishara-edge; systemctl reset-failed")
            return device.attempt("journalctl --unit ishara-edge --no-pager --lines 30 --output cat").stdout

        return try_all({name: partial(check, device, broker) for name, check in wanted.items()}, journal)


def _others(kills: int) -> dict[str, Check]:
    return {
        "journal with fields": checks.journal_fields,
        "metrics": checks.metrics,
        "sandbox": checks.sandbox,
        "networks in the sandbox": checks.networks_in_the_sandbox,
        "SIGTERM": checks.sigterm,
        "SIGHUP": checks.reload,
        "wrong configuration": checks.wrong_configuration,
        "camera away": checks.camera_away,
        "SIGSTOP and watchdog": checks.watchdog,
        "broker killed": checks.broker_killed,
        f"killed {kills} times": checks.killed_again_and_again(kills),
    }


if __name__ == "__main__":
    sys.exit(main())
