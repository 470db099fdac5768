"""Boots two devices from the Debian that `test-fleet` has made, and tries `ishara-deploy` on them, check by check."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tests.device.trial import since, try_all
from tests.fleet import checks, refusals
from tests.fleet.site import Site, site

Check = Callable[[Site], str]
# The others rest on these.
_FIRST: Final = {"unknown host": checks.unknown_host, "provision twice": checks.provision_twice, "push": checks.push}
_OTHERS: Final = {
    "a change of configuration": checks.provision_a_change,
    "status": checks.status,
    "hot swap": checks.hot_swap,
    "proved": checks.proved,
    "unsigned": refusals.unsigned,
    "bad signature": refusals.bad_signature,
    "wrong key": refusals.wrong_key,
    "flipped byte": refusals.flipped_byte,
    "truncated": refusals.truncated,
    "slow model": refusals.slow,
    "endless model": refusals.endless,
    "greedy model": refusals.greedy,
    "killed while installing": checks.killed_while_installing,
    "downgrade": refusals.downgrade,
    "full disk": refusals.full_disk,
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
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="ishara-fleet-", ignore_cleanup_errors=True) as folder,
        site(options.root, options.app.absolute(), options.wheels, Path(folder)) as both,
    ):
        print(f"two devices are up after {since(began)}", flush=True)

        def journal() -> str:
            asked = "journalctl --unit ishara-edge --no-pager --lines 20 --output cat"
            return "\n".join(device.attempt(asked).stdout for device in both.devices.values())

        return try_all({name: partial(check, both) for name, check in wanted.items()}, journal)


if __name__ == "__main__":
    sys.exit(main())
