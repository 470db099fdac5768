"""The program on its way to a device: its wheel, the wheels of its dependencies, and the release made of them."""

import hashlib
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.installation.machine import Machine, StepFailed
from landmarkers.errors import UserError

# PEP 440's characters, so that a version is one plain word in paths and commands.
_WHEEL: Final = re.compile(r"ishara-(?P<version>[0-9A-Za-z][0-9A-Za-z.!+_]{0,62})-py3-none-any\.whl")
_ANY_WHEEL: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._!+-]{0,199}\.whl")
_INSTALLER: Final = Path(__file__).parent / "releases.py"
_INSTALL_S: Final = 1800  # a small computer with a slow card
_RESTART_S: Final = 600


class ProgramUnusable(UserError):
    """A wheel, a lock or a folder of wheels that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class ProgramFiles:
    """The program's wheel, the lock with versions and hashes of its dependencies, and a folder with their wheels.

    Without a wheelhouse the device's own pip gets them from its own index. No file of another hash is installed.
    """

    wheel: Path
    lock: Path
    wheelhouse: Path | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A release by its name on the devices, and what it is built from."""

    name: str
    files: ProgramFiles


def is_wheel(path: Path) -> bool:
    """Return True if the path is named like a wheel of the program."""
    return _WHEEL.fullmatch(path.name) is not None


def program_version(wheel: Path) -> str:
    """Return the version in a wheel's name. Raises ProgramUnusable."""
    found = _WHEEL.fullmatch(wheel.name)
    if found is None:
        raise ProgramUnusable(f"{wheel} is not named like a wheel of the program, ishara-VERSION-py3-none-any.whl")
    return found["version"]


def wheels_in(wheelhouse: Path) -> list[Path]:
    """Return the wheels of a folder. Raises ProgramUnusable if there are none, or one has no name of a wheel."""
    wheels = sorted(wheelhouse.glob("*.whl"))
    if not wheels:
        raise ProgramUnusable(f"there are no wheels in {wheelhouse}")
    if strange := next((path for path in wheels if not _ANY_WHEEL.fullmatch(path.name)), None):
        raise ProgramUnusable(
            f"{strange} is not named like a wheel: only Latin letters, digits and . _ ! + - may occur"
        )
    return wheels


def open_release(files: ProgramFiles) -> Release:
    """Return the release of a wheel, named by its version and by everything that decides what is installed.

    Raises ProgramUnusable.
    """
    version = program_version(files.wheel)
    digest = hashlib.sha256()
    for path in (files.wheel, files.lock):
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise ProgramUnusable(f"{path} cannot be read: {error.strerror}") from error
    if files.wheelhouse is not None:
        wheels_in(files.wheelhouse)
    return Release(f"{version}-{digest.hexdigest()[:8]}", files)


def is_built(machine: Machine, release: Release) -> bool:
    """Return True if the device has the release, active or not."""
    return machine.attempt(shlex.join(["test", "-e", f"/opt/ishara-releases/{release.name}/built-from"])).ok


def is_active(machine: Machine, release: Release) -> bool:
    """Return True if the device runs the release."""
    return machine.attempt("readlink /opt/ishara").out.strip().endswith(f"/{release.name}")


def build(machine: Machine, release: Release) -> None:
    """Build the release on the device unless it is there, ready to be activated. Raises StepFailed."""
    if is_built(machine, release):
        return
    files = release.files
    arguments = ["build", release.name, "--wheel", machine.bring(files.wheel, files.wheel.name)]
    arguments += ["--sha256", hashlib.sha256(files.wheel.read_bytes()).hexdigest()]
    arguments += ["--lock", machine.bring(files.lock, "lock.txt")]
    if files.wheelhouse is not None:
        arguments += ["--wheelhouse", machine.bring_wheels(files.wheelhouse)]
    _run(machine, arguments, _INSTALL_S)


def activate(machine: Machine, release: Release) -> None:
    """Switch the device to the release; it rolls back by itself if the daemon does not come up. Raises StepFailed."""
    _run(machine, ["activate", release.name], _RESTART_S)


def rollback(machine: Machine) -> None:
    """Switch the device to the previous release. Raises StepFailed."""
    _run(machine, ["rollback"], _RESTART_S)


def _run(machine: Machine, arguments: list[str], within_s: int) -> None:
    command = f"{machine.launcher} env LANG=C.UTF-8 /usr/bin/python3 - {shlex.join(arguments)}"
    answer = machine.attempt(command.lstrip(), stdin=_INSTALLER.read_text(encoding="utf-8"), within_s=within_s)
    if not answer.ok:
        raise StepFailed(answer.reason, user_action_required=True)
