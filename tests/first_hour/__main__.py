"""Boots a fresh Debian 13 for each newcomer, and has them set it up from `provision` to the first word.

It runs in the namespaces that `tests/fleet/test-fleet` makes, with that script's arguments. The clips come from the
folder that the variable SHARED names.
"""

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from tests.device.check_runner import run_checks, since
from tests.device.device import CheckFailed
from tests.first_hour.broker import announced_broker
from tests.first_hour.camera import ClipCamera, serving
from tests.first_hour.laptop import Laptop
from tests.first_hour.newcomers import NEWCOMERS, Newcomer, Surroundings
from tests.fleet.site import NAMES, WORKSTATION, booted, start_network, wait_until_up

_CLIPS: Final = "karsl/karsl-50"
_DEVICE: Final = "north"
_BAR_S: Final = 600.0
_JOURNAL: Final = "journalctl --unit ishara-edge --no-pager --lines 60 --output cat"


def main() -> int:
    """Run all newcomers; return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.first_hour", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian")
    parser.add_argument("--app", type=Path, required=True, help="the project's wheel")
    parser.add_argument("--wheels", type=Path, required=True, help="the wheels of its dependencies")
    parser.add_argument("--python", help="the version of the Debian's Python")
    parser.add_argument("--only", default="", help="run only the newcomers whose names contain this text")
    options = parser.parse_args()
    clips = Path(os.environ.get("SHARED", "../shared")).absolute() / _CLIPS
    if not clips.is_dir():
        print(
            f"test-first-hour: there are no clips for the camera in {clips}; name their folder with SHARED=",
            file=sys.stderr,
        )
        return 2
    start_network()
    last: list[str] = []

    def set_up(newcomer: Newcomer) -> str:
        with (
            tempfile.TemporaryDirectory(prefix="ishara-first-", ignore_cleanup_errors=True) as name,
            ExitStack() as stack,
        ):
            folder, camera = Path(name), ClipCamera(clips)
            device = stack.enter_context(booted(_DEVICE, NAMES[_DEVICE], options.root, folder))
            broker = stack.enter_context(announced_broker(folder, WORKSTATION))
            address = stack.enter_context(serving(camera, WORKSTATION))
            wait_until_up(_DEVICE, device)
            stack.callback(lambda: last.append(device.attempt(_JOURNAL).stdout))
            laptop = Laptop(folder / "laptop", options.app.absolute(), options.wheels.absolute())
            laptop.give_login(device)
            began = time.monotonic()
            printed = laptop.provision(NAMES[_DEVICE])
            provisioned = since(began)
            outcome = newcomer(Surroundings(printed, camera, address, broker))
            load = f"load {os.getloadavg()[0]:.1f}"
            said = f"the first word after {since(began)}, {provisioned} of them provision ({load}); {outcome}"
            if time.monotonic() - began > _BAR_S:
                raise CheckFailed(f"more than {_BAR_S:.0f} s: {said}")
            return said

    wanted = {name: partial(set_up, one) for name, one in NEWCOMERS.items() if options.only in name}
    return run_checks(wanted, lambda: "".join(last[-1:]))


if __name__ == "__main__":
    sys.exit(main())
