"""The steps that turn a Debian into a device.

The machine is inspected first, and each step consists of what is missing: a second run changes nothing, and a dry run
reports exactly what a real run would change.
"""

import base64
import hashlib
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.installation import program
from edge.installation.machine import COMMAND_S, Machine, StepFailed
from edge.installation.plan import KEYS, OWNER_ONLY, UNIT, Content, Plan
from landmarkers.task_builder import ensure_tasks
from landmarkers.task_bundles import TASK_BUNDLES, needed_tasks

NETWORKS: Final = "/opt/ishara-networks"
COMMAND: Final = "/usr/local/bin/ishara-edge"
_PROGRAM: Final = "/opt/ishara/bin/ishara-edge"
_START_S: Final = 180
_INSTALL_S: Final = 1800


@dataclass(frozen=True, slots=True)
class Command:
    """A shell command of root, with its input and its longest time in seconds."""

    text: str
    stdin: str | None = None
    within_s: int = COMMAND_S


Action = Callable[[], None]
"""A part of a step that is more than one command; raises StepFailed."""

Steps = Mapping[str, Sequence[Command | Action]]
"""The commands that each step still lacks, in order; none where it is done."""


def missing_steps(machine: Machine, plan: Plan, *, start: bool = True) -> Steps:
    """Inspect the machine and return what it lacks; without `start` the service is enabled, not started.

    Raises StepFailed.
    """
    return _Inspection(machine, plan).steps(start=start)


def carry_out(machine: Machine, steps: Steps, report: Callable[[str], None]) -> None:
    """Do what the steps still have to do, and report each that is done. Raises StepFailed."""
    for name, commands in steps.items():
        for command in commands:
            if not isinstance(command, Command):
                command()
                continue
            answer = machine.attempt(command.text, stdin=command.stdin, within_s=command.within_s)
            if not answer.ok:
                raise StepFailed(f"{name}: {answer.reason}")
        if commands:
            report(f"{name}: done")


class _Inspection:
    """Finds out what one machine lacks."""

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._machine = machine
        self._plan = plan

    def steps(self, *, start: bool) -> Steps:
        plan = self._plan
        steps: dict[str, list[Command | Action]] = {
            "packages": self._packages(),
            "landmark networks": self._networks(),
            "trusted keys": self._keys(),
            "configuration": self._files(() if plan.config is None else (plan.config,)),
            "credentials": self._files(plan.credentials),
            "unit": self._files((plan.unit,)),
            "program": self._program(),
            "command": self._command(),
        }
        if steps["unit"]:
            steps["unit"].append(Command("systemctl daemon-reload"))
        steps["service"] = self._enabled() + (
            self._running(
                restarted=bool(steps["program"]),
                restart=bool(steps["unit"] or steps["credentials"]),
                reload=bool(steps["configuration"] or steps["trusted keys"]),
            )
            if start
            else []
        )
        return steps

    def _packages(self) -> list[Command | Action]:
        """Missing packages; one may be there under a newer name that provides it (libglib2.0-0 and libglib2.0-0t64)."""
        query = "dpkg-query --show --showformat='${db:Status-Abbrev} ${Package}, ${Provides}\\n'"
        there = {
            name.split()[0]
            for line in self._lines(query)
            if line.startswith("ii")
            for name in line[2:].split(",")
            if name.strip()
        }
        missing = shlex.join(name for name in self._plan.packages if name not in there)
        if not missing:
            return []
        install = "apt-get install --yes --quiet --quiet --no-install-recommends"
        return [
            Command("apt-get update --quiet --quiet", within_s=_INSTALL_S),
            Command(f"DEBIAN_FRONTEND=noninteractive {install} {missing}", within_s=_INSTALL_S),
        ]

    def _networks(self) -> list[Command | Action]:
        """The landmark networks, in the folder that all releases of the program share."""
        wanted = {f"{TASK_BUNDLES[name].sha256}  {NETWORKS}/{name}" for name in needed_tasks()}
        there = self._lines(f"sha256sum -- {NETWORKS}/*.task 2>/dev/null || true")
        return [self._bring_networks] if wanted - set(there) else []

    def _bring_networks(self) -> None:
        """Bring the landmark networks, so that devices need no index. Raises StepFailed, NetworksUnavailable."""
        machine, folder = self._machine, self._plan.networks
        ensure_tasks(folder)
        machine.run(f"install -d -m 755 {NETWORKS}")
        for name in needed_tasks():
            there, partial = f"{NETWORKS}/{name}", f"{NETWORKS}/{name}.new"
            brought = machine.bring(folder / name, name)
            install = shlex.join(["install", "-m", "644", "--", brought, partial])
            machine.run(f"{install} && {shlex.join(['mv', partial, there])}")
            machine.discard(brought)

    def _keys(self) -> list[Command | Action]:
        """Trusted keys; those that have left the plan are removed."""
        if self._plan.keys is None:
            return []
        commands = self._files(self._plan.keys)
        # The names that the device holds never become part of a command.
        find = ["find", KEYS, "-mindepth", "1", "-maxdepth", "1", "-name", "*.pub"]
        find += [word for key in self._plan.keys for word in ("!", "-name", Path(key.path).name)]
        strays = self._lines(f"{shlex.join(find)} 2>/dev/null || true")
        return [*commands, Command(shlex.join([*find, "-delete"]))] if strays else commands

    def _files(self, contents: Sequence[Content]) -> list[Command | Action]:
        """Files of root that lack this content or mode."""
        if not contents:
            return []
        paths = shlex.join(one.path for one in contents)
        state = self._lines(f"stat --format '%n %a %U' -- {paths} 2>/dev/null; sha256sum -- {paths} 2>/dev/null; true")
        return [
            _written(one)
            for one in contents
            if f"{one.path} {one.mode} root" not in state
            or f"{hashlib.sha256(one.content).hexdigest()}  {one.path}" not in state
        ]

    def _program(self) -> list[Command | Action]:
        """The release of the program, built and activated."""
        machine, release = self._machine, self._plan.release
        if program.is_active(machine, release):
            return []
        return [lambda: program.build(machine, release), lambda: program.activate(machine, release)]

    def _command(self) -> list[Command | Action]:
        """The program's name in the search path of operators; whatever has this name already stays."""
        if self._machine.attempt(f"test -e {COMMAND} || test -L {COMMAND}").ok:
            return []
        return [Command(f"install -d -m 755 {Path(COMMAND).parent} && ln -s {_PROGRAM} {COMMAND}")]

    def _enabled(self) -> list[Command | Action]:
        enabled = self._machine.attempt(f"systemctl is-enabled {UNIT}").out.strip() == "enabled"
        return [] if enabled else [Command(f"systemctl enable --quiet {UNIT}")]

    def _running(self, *, restarted: bool, restart: bool, reload: bool) -> list[Command | Action]:
        """The service, running and reloaded if needed; activating a release has restarted it already, if enabled."""
        state = self._lines(f"systemctl show {UNIT} --property UnitFileState,ActiveState")
        restarted = restarted and "UnitFileState=enabled" in state
        if "ActiveState=active" not in state:
            return [Command(f"systemctl reset-failed {UNIT}; systemctl start {UNIT}", within_s=_START_S)]
        if restart and not restarted:
            return [Command(f"systemctl restart {UNIT}", within_s=_START_S)]
        if reload and not restarted:
            return [Command(f"systemctl reload {UNIT}", within_s=_START_S)]
        return []

    def _lines(self, command: str) -> list[str]:
        return self._machine.run(command).splitlines()


def _written(one: Content) -> Command:
    """Return the command that writes a file from standard input and renames it into place.

    Some of these are secrets: they never lie where another user could read them.
    """
    path, folder, partial = map(shlex.quote, (one.path, str(Path(one.path).parent), f"{one.path}.new"))
    folder_mode = "700" if one.mode == OWNER_ONLY else "755"
    return Command(
        f"(test -d {folder} || install -d -m {folder_mode} {folder}) && rm -f {partial} && "
        f"(umask 077; base64 --decode >{partial}) && chmod {one.mode} {partial} && "
        f"sync {partial} && mv {partial} {path}",
        stdin=base64.b64encode(one.content).decode(),
    )
