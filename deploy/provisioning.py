"""Turns a Debian into a device: packages, landmark networks, keys, configuration, secrets, the program, the service.

Each device is inspected first, and each step consists of what is missing: a second run changes nothing, and a dry run
reports exactly what a real run would change. pyinfra runs the steps on all devices at the same time.
"""

import base64
import hashlib
import shlex
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyinfra.api.command import FunctionCommand, PyinfraCommand, StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.operation import OperationMeta, add_op, operation
from pyinfra.api.operations import run_ops
from pyinfra.api.state import BaseStateCallback, State

from deploy import release as releases
from deploy.connection import ROOT, Connections, Failure, Remote, Reporter, StepFailed, in_parallel
from deploy.plan import KEYS, OWNER_ONLY, UNIT, Content, Plan
from deploy.transfer import remove, send
from landmarkers.plain_text import one_sentence
from landmarkers.task_bundles import TASK_BUNDLES, default_folder, needed_tasks

_NETWORKS: Final = "/opt/ishara-networks"
_START_S: Final = 180
_INSTALL_S: Final = 1800

Commands = list[PyinfraCommand]


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The steps that change each host, and the failures by host."""

    changes: dict[str, tuple[str, ...]]
    failures: dict[str, Failure]


def provision(connections: Connections, plans: Mapping[str, Plan], report: Reporter, *, dry_run: bool) -> Provisioned:
    """Bring the connected hosts to their plans; with `dry_run` only find out what is missing."""
    missing: dict[str, dict[str, Commands]] = {}
    failures: dict[str, Failure] = {}

    def inspect(remote: Remote) -> None:
        missing[remote.entry.host] = _Inspection(remote, plans[remote.entry.host], failures).steps()

    failures |= in_parallel(connections, list(connections.remotes.values()), inspect)
    changes = {host: tuple(name for name, commands in steps.items() if commands) for host, steps in missing.items()}
    if not dry_run and any(changes.values()):
        _run(connections, missing, failures, report)
    return Provisioned(changes, failures)


def _run(
    connections: Connections, missing: Mapping[str, dict[str, Commands]], failures: dict[str, Failure], report: Reporter
) -> None:
    state = connections.state
    metas: dict[str, dict[str, OperationMeta]] = {host: {} for host in missing}
    names: list[str] = []
    for host, steps in missing.items():
        remote = connections.remotes[host]
        privileges = {"_sudo": True} if remote.entry.user != ROOT else {}
        names = list(steps)
        for name, commands in steps.items():
            metas[host][name] = add_op(state, step, commands, name=name, host=remote.host, **privileges)[remote.host]
    state.active_hosts.intersection_update({connections.remotes[host].host for host in missing})
    state.add_callback_handler(_StepReporter(missing, report))
    try:
        run_ops(state)
    except PyinfraError as error:  # raised when no host is left, each failed for its own reason
        if not state.failed_hosts:
            raise StepFailed(str(error)) from error
    for host in missing:
        failed = next((name for name in names if not metas[host][name].did_succeed(_raise_if_not_complete=False)), None)
        if failed is not None:
            reason = _last_line(metas[host][failed]) or connections.remotes[host].loss
            failures.setdefault(host, Failure(f"{failed}: {reason}"))


@operation()
def step(commands: Commands) -> Generator[PyinfraCommand, None, None]:
    """Run one step of provisioning as a pyinfra operation."""
    yield from commands


class _StepReporter(BaseStateCallback):
    """Reports each step that a host has finished."""

    def __init__(self, missing: Mapping[str, dict[str, Commands]], report: Reporter) -> None:
        self._missing = missing
        self._report = report

    def operation_host_success(self, state: State, host: Host, op_hash: str, retry_count: int = 0) -> None:  # type: ignore[override]  # noqa: ARG002
        (name,) = state.get_op_meta(op_hash).names
        if self._missing[host.name][name]:
            self._report(host.name, f"{name}: done")


def _last_line(meta: OperationMeta) -> str:
    """Return the last line of the output, where a program says why it ended; empty if there is none."""
    lines = (meta.stderr_lines or meta.stdout_lines) if meta.is_complete() else []
    return next((one_sentence(line) for line in reversed(lines) if line.strip()), "")


class _Inspection:
    """Finds out what one device lacks."""

    def __init__(self, remote: Remote, plan: Plan, failures: dict[str, Failure]) -> None:
        self._remote = remote
        self._plan = plan
        self._failures = failures

    def steps(self) -> dict[str, Commands]:
        """Return the missing commands by step. Raises StepFailed."""
        plan = self._plan
        steps = {
            "packages": self._packages(),
            "landmark networks": self._networks(),
            "trusted keys": self._keys(),
            "configuration": self._files((plan.config,)),
            "credentials": self._files(plan.credentials),
            "unit": self._files((plan.unit,)),
            "program": self._program(),
        }
        if steps["unit"]:
            steps["unit"].append(StringCommand("systemctl daemon-reload"))
        steps["service"] = self._service(
            restarted=bool(steps["program"]),
            restart=bool(steps["unit"] or steps["credentials"]),
            reload=bool(steps["configuration"] or steps["trusted keys"]),
        )
        return steps

    def _packages(self) -> Commands:
        """Missing packages; one may be there under a newer name that provides it (libglib2.0-0 and libglib2.0-0t64)."""
        query = "dpkg-query --show --showformat='${db:Status-Abbrev} ${Package}, ${Provides}\\n'"
        there = {
            name.split()[0]
            for line in self._run(query)
            if line.startswith("ii")
            for name in line[2:].split(",")
            if name.strip()
        }
        missing = shlex.join(name for name in self._plan.packages if name not in there)
        if not missing:
            return []
        install = "apt-get install --yes --quiet --quiet --no-install-recommends"
        return [
            StringCommand("apt-get update --quiet --quiet", _timeout=_INSTALL_S),
            StringCommand(f"DEBIAN_FRONTEND=noninteractive {install} {missing}", _timeout=_INSTALL_S),
        ]

    def _networks(self) -> Commands:
        """Landmark networks, in the folder that all releases of the program share."""
        wanted = {f"{TASK_BUNDLES[name].sha256}  {_NETWORKS}/{name}" for name in needed_tasks()}
        there = self._run(f"sha256sum -- {_NETWORKS}/*.task 2>/dev/null || true")
        return [self._action(lambda: _send_networks(self._remote))] if wanted - set(there) else []

    def _keys(self) -> Commands:
        """Trusted keys; those that have left the inventory are removed."""
        commands = self._files(self._plan.keys)
        # The names that the device holds never become part of a command.
        find = ["find", KEYS, "-mindepth", "1", "-maxdepth", "1", "-name", "*.pub"]
        find += [word for key in self._plan.keys for word in ("!", "-name", Path(key.path).name)]
        strays = self._run(f"{shlex.join(find)} 2>/dev/null || true")
        return [*commands, StringCommand(shlex.join([*find, "-delete"]))] if strays else commands

    def _files(self, contents: Sequence[Content]) -> Commands:
        """Files of root that lack this content or mode."""
        if not contents:
            return []
        paths = shlex.join(one.path for one in contents)
        state = self._run(f"stat --format '%n %a %U' -- {paths} 2>/dev/null; sha256sum -- {paths} 2>/dev/null; true")
        return [
            _written(one)
            for one in contents
            if f"{one.path} {one.mode} root" not in state
            or f"{hashlib.sha256(one.content).hexdigest()}  {one.path}" not in state
        ]

    def _program(self) -> Commands:
        """The release of the program, built and activated."""
        release = self._plan.release
        if releases.is_active(self._remote, release):
            return []
        return [
            self._action(lambda: releases.build(self._remote, release)),
            self._action(lambda: releases.activate(self._remote, release)),
        ]

    def _service(self, *, restarted: bool, restart: bool, reload: bool) -> Commands:
        """The service, enabled, running and reloaded if needed; activating a release has restarted it already."""
        state = self._run(f"systemctl show {UNIT} --property UnitFileState,ActiveState")
        commands: Commands = []
        if "UnitFileState=enabled" not in state:
            commands.append(StringCommand(f"systemctl enable --quiet {UNIT}"))
            restarted = False
        if "ActiveState=active" not in state:
            commands.append(StringCommand(f"systemctl reset-failed {UNIT}; systemctl start {UNIT}", _timeout=_START_S))
        elif restart and not restarted:
            commands.append(StringCommand(f"systemctl restart {UNIT}", _timeout=_START_S))
        elif reload and not restarted:
            commands.append(StringCommand(f"systemctl reload {UNIT}", _timeout=_START_S))
        return commands

    def _run(self, command: str) -> list[str]:
        return self._remote.run(command).splitlines()

    def _action(self, action: Callable[[], None]) -> FunctionCommand:
        """Wrap a function as a pyinfra command; its failure is kept."""

        def run(state: State, host: Host) -> bool:  # noqa: ARG001  # pyinfra passes arguments by name
            try:
                action()
            except StepFailed as error:
                self._failures[self._remote.entry.host] = error.failure
                return False
            return True

        return FunctionCommand(run, [], {})


def _written(one: Content) -> StringCommand:
    """Return the command that writes a file from standard input and renames it into place.

    pyinfra's own operation goes through a file in /tmp that everybody may read, and some of these are secrets.
    """
    path, folder, partial = map(shlex.quote, (one.path, str(Path(one.path).parent), f"{one.path}.new"))
    folder_mode = "700" if one.mode == OWNER_ONLY else "755"
    return StringCommand(
        f"(test -d {folder} || install -d -m {folder_mode} {folder}) && rm -f {partial} && "
        f"(umask 077; base64 --decode >{partial}) && chmod {one.mode} {partial} && "
        f"sync {partial} && mv {partial} {path}",
        _stdin=base64.b64encode(one.content).decode(),
    )


def _send_networks(remote: Remote) -> None:
    """Send the landmark networks from this machine, so that devices need no package index. Raises StepFailed."""
    folder = default_folder()
    remote.run(f"install -d -m 755 {_NETWORKS}")
    for name in needed_tasks():
        with (folder / name).open("rb") as task:
            sent = send(remote, task, name).path
        there, partial = f"{_NETWORKS}/{name}", f"{_NETWORKS}/{name}.new"
        install = shlex.join(["install", "-m", "644", "--", sent, partial])
        remote.run(f"{install} && {shlex.join(['mv', partial, there])}")
        remove(remote, sent)
