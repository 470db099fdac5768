"""`ishara-edge setup`: turns the Debian on which it runs into a device, as `ishara-deploy provision` does over SSH."""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from edge.installation.machine import LocalMachine, StepFailed
from edge.installation.own_program import program_files
from edge.installation.plan import SCREEN, SPEECH, Plan, packages_for, unit
from edge.installation.program import open_release
from edge.installation.set_up_page import as_text, find_set_up_page
from edge.installation.steps import carry_out, missing_steps
from edge.installation.system import require_supported
from landmarkers.errors import UserError
from landmarkers.task_bundles import default_folder, missing_tasks

_SYSTEMD: Final = Path("/run/systemd/system")


class SetUpFailed(UserError):
    """A device that cannot be set up; the message says why and what to do."""


def set_up_device(options: argparse.Namespace) -> int:
    """Install the program as a service on this machine; return the exit code. Raises UserError."""
    if os.geteuid() != 0:
        raise SetUpFailed("only root can install packages and a service: run it with sudo")
    if not _SYSTEMD.exists() and not options.no_start:
        raise SetUpFailed("systemd does not run here: boot this system first, or use --no-start for a card image")
    with TemporaryDirectory(prefix="ishara-") as folder:
        machine = LocalMachine(Path(folder))
        try:
            return _set_up(machine, Path(folder), options)
        except StepFailed as error:
            sys.stderr.write(f"ishara-edge: {error.failure.sentence}\n")
            return 2 if error.failure.user_action_required else 1


def _set_up(machine: LocalMachine, folder: Path, options: argparse.Namespace) -> int:
    require_supported(machine)
    files = program_files(folder, options.wheel, options.lock, options.wheelhouse)
    plan = Plan(
        packages=packages_for({SCREEN, SPEECH}),
        release=open_release(files),
        config=None,
        keys=None,
        credentials=(),
        unit=unit(),
        networks=_networks(folder),
    )
    steps = missing_steps(machine, plan, start=not options.no_start)
    changes = [name for name, commands in steps.items() if commands]
    if options.dry_run:
        print(f"would change: {', '.join(changes) or 'nothing'}")
        return 0
    carry_out(machine, steps, lambda sentence: print(sentence, file=sys.stderr, flush=True))
    print(f"{len(changes)} change{'' if len(changes) == 1 else 's'}")
    if options.no_start:
        print("the device serves its set-up page when it starts")
    else:
        page = find_set_up_page(machine)
        print("the device is set up already" if page is None else as_text(page))
    return 0


def _networks(folder: Path) -> Path:
    """Return this installation's landmark networks, or else where they are built for the device alone.

    Files of root in the installation would keep the user whose it is from removing it.
    """
    return folder / "networks" if missing_tasks(default_folder()) else default_folder()
