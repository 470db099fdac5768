"""Installs the program into the folder of a card image, by the steps that also turn a running Debian into a device.

`deploy/image/make-image` runs it as root, after it has mounted what programs need inside. Commands run in the folder,
where nothing is started; files are brought below its /mnt.
"""

import argparse
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from edge.installation.machine import COMMAND_S, Answer, LocalMachine, StepFailed
from edge.installation.plan import SCREEN, SPEECH, Plan, packages_for, unit
from edge.installation.program import ProgramFiles, open_release
from edge.installation.steps import carry_out, missing_steps
from landmarkers.errors import UserError
from landmarkers.task_builder import ensure_tasks
from landmarkers.task_bundles import default_folder

_BROUGHT: Final = "mnt"
_SLOWER: Final = 10  # an emulated processor


class FolderMachine(LocalMachine):
    """The root file system in a folder, in which commands run as if it were the machine's own."""

    def __init__(self, root: Path) -> None:
        super().__init__(root / _BROUGHT)
        self._root = root

    def attempt(self, command: str, *, stdin: str | None = None, within_s: int = COMMAND_S) -> Answer:
        """Run a shell command in the folder and return its output. Raises StepFailed if it does not end in time."""
        inside = shlex.join(["chroot", str(self._root), "/bin/sh", "-c", command])
        return super().attempt(inside, stdin=stdin, within_s=within_s * _SLOWER)

    def bring(self, file: Path, name: str) -> str:
        """Copy a file into the folder; return its path there. Raises StepFailed."""
        return self._inside(super().bring(file, name))

    def discard(self, path: str) -> None:
        """Remove a copy and its folder."""
        super().discard(str(self._root / path.lstrip("/")))

    def bring_wheels(self, folder: Path) -> str:
        """Copy the wheels of a folder; return their folder there. Raises StepFailed."""
        wheels = self._root / _BROUGHT / "wheels"
        try:
            shutil.copytree(folder, wheels)
        except OSError as error:
            raise StepFailed(f"the wheels cannot be copied: {error.strerror}", user_action_required=True) from error
        return self._inside(str(wheels))

    def _inside(self, path: str) -> str:
        return f"/{Path(path).relative_to(self._root)}"


def _report(sentence: str) -> None:
    sys.stdout.write(f"make-image: {sentence}\n")


def main() -> int:
    """Install the program into the folder of the arguments; return the exit code."""
    parser = argparse.ArgumentParser(prog="deploy.image.install", description=__doc__)
    parser.add_argument("root", type=Path, help="the root file system")
    parser.add_argument("--wheel", type=Path, required=True, help="the program")
    parser.add_argument("--lock", type=Path, required=True, help="versions and hashes of its dependencies")
    parser.add_argument("--wheelhouse", type=Path, required=True, help="their wheels")
    options = parser.parse_args()
    os.environ |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    try:
        ensure_tasks(default_folder())
        plan = Plan(
            packages=packages_for({SCREEN, SPEECH}),
            release=open_release(ProgramFiles(options.wheel, options.lock, options.wheelhouse)),
            config=None,
            keys=None,
            credentials=(),
            unit=unit(),
        )
        machine = FolderMachine(options.root.absolute())
        steps = missing_steps(machine, plan, start=False)
        carry_out(machine, steps, _report)
    except (StepFailed, UserError) as error:
        sys.stderr.write(f"make-image: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
