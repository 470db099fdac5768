"""Boots two devices from the Debian that `test-fleet` has made, and checks `ishara-deploy` on them."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tests.device.check_runner import run_checks, since
from tests.fleet import checks, collecting, newcomer, refusals, walk
from tests.fleet.site import Site, site

Check = Callable[[Site], str]
# The other checks depend on these.
_FIRST: Final = {"unknown host": checks.unknown_host, "provision twice": checks.provision_twice, "push": checks.push}
_OTHERS: Final = {
    "a change of configuration": checks.provision_change,
    "status": checks.status,
    "hot swap": checks.hot_swap,
    "proven": checks.proven,
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
    "collect": collecting.collect_and_forget,
    "release of the program": checks.app_release,
}

# Each has a device of its own, and depends on no other check.
_ALONE: Final = {"provision HOST": newcomer.provision_host, "setup on the device": newcomer.set_up_on_the_device}

# It takes longer than all others together, and is run where it is named.
_LONG: Final = {"walk": walk.walk}


def main() -> int:
    """Run all checks; return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.fleet", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian")
    parser.add_argument("--app", type=Path, required=True, help="the project's wheel")
    parser.add_argument("--wheels", type=Path, required=True, help="the wheels of its dependencies")
    parser.add_argument("--python", required=True, help="the version of the Debian's Python, as 3.11")
    parser.add_argument("--only", help="run only the independent checks whose names contain this text")
    options = parser.parse_args()
    wanted = _wanted(options.only or "")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="ishara-fleet-", ignore_cleanup_errors=True) as folder,
        site(options.root, options.app.absolute(), options.wheels, options.python, Path(folder)) as running,
    ):
        print(f"two devices are up after {since(began)}", flush=True)

        def journal() -> str:
            command = "journalctl --unit ishara-edge --no-pager --lines 20 --output cat"
            return "\n".join(device.attempt(command).stdout for device in running.devices.values())

        return run_checks({name: partial(check, running) for name, check in wanted.items()}, journal)


def _wanted(only: str) -> Mapping[str, Check]:
    """Return the checks whose names contain this text, and those that they depend on."""
    if only in _LONG:
        return {"provision twice": checks.provision_twice, only: _LONG[only]}
    alone = {name: check for name, check in _ALONE.items() if only in name}
    others = {name: check for name, check in _OTHERS.items() if only in name}
    return (_FIRST if others or not alone else {}) | others | alone


if __name__ == "__main__":
    sys.exit(main())
