"""Boots two devices from the Debian that `test-fleet` has made, and tries `ishara-deploy` on them, check by check."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.device.device import CheckFailed
from tests.fleet import checks
from tests.fleet.site import Site, site

Check = Callable[[Site], str]
# The others rest on these.
_FIRST: Final = {"unknown host": checks.unknown_host, "provision twice": checks.provision_twice, "push": checks.push}
_OTHERS: Final = {
    "a change of configuration": checks.provision_a_change,
    "status": checks.status,
    "hot swap": checks.hot_swap,
    "proved": checks.proved,
    "unsigned": checks.unsigned,
    "bad signature": checks.bad_signature,
    "wrong key": checks.wrong_key,
    "flipped byte": checks.flipped_byte,
    "truncated": checks.truncated,
    "slow model": checks.slow,
    "endless model": checks.endless,
    "greedy model": checks.greedy,
    "killed while installing": checks.killed_while_installing,
    "downgrade": checks.downgrade,
    "full disk": checks.full_disk,
    "network cut": checks.network_cut,
    "canary fails": checks.canary_fails,
    "rollback": checks.rollback,
    "release of the program": checks.app_release,
}


def main() -> int:
    """Run all checks; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tests.fleet", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian")
    parser.add_argument("--app", type=Path, required=True, help="the project's wheel")
    parser.add_argument("--wheels", type=Path, required=True, help="the wheels of what it needs")
    parser.add_argument("--only", help="of the checks that no other rests on, run those whose names hold this")
    options = parser.parse_args()
    wanted = _FIRST | {name: check for name, check in _OTHERS.items() if (options.only or "") in name}
    failed = 0
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="ishara-fleet-", ignore_cleanup_errors=True) as folder,
        site(options.root, options.app.absolute(), options.wheels, Path(folder)) as both,
    ):
        print(f"two devices are up after {_since(began)}", flush=True)
        for name, check in wanted.items():
            failed += not _passes(name, check, both)
    print(f"{failed} of {len(wanted)} checks failed." if failed else f"All {len(wanted)} checks passed.")
    return 1 if failed else 0


def _passes(name: str, check: Check, both: Site) -> bool:
    began = time.monotonic()
    try:
        outcome, seen = "PASS", check(both)
    except CheckFailed as error:
        outcome, seen = "FAIL", str(error)
        for device in both.devices.values():
            print(device.attempt("journalctl --unit ishara-edge --no-pager --lines 20 --output cat").stdout)
    print(f"{outcome}  {name:28}{_since(began):>8}  {seen}", flush=True)
    return outcome == "PASS"


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
