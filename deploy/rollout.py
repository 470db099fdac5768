"""Rolls a change out to many devices: the canaries first, then wave after wave, and stops when one fails."""

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final, Protocol

from deploy.artifact import Artifact
from deploy.connection import Connections, Remote, Reporter, in_parallel
from deploy.inventory import HostEntry, waves
from deploy.remote_machine import RemoteMachine
from deploy.status import query
from deploy.transfer import Progress, remove, send
from edge.installation import program
from edge.installation.machine import Failure, StepFailed
from edge.installation.program import Release

# Root has another state folder than the service.
_MODELS: Final = (
    "env STATE_DIRECTORY=/var/lib/ishara LANG=C.UTF-8 "
    # A device that was set up in the browser has its settings in the state folder.
    "/opt/ishara/bin/ishara-edge models {} --config /etc/ishara/edge.toml "
    "$(test -e /etc/ishara/edge.toml || echo --setup)"
)
_RELOAD: Final = "systemctl try-reload-or-restart ishara-edge"
_INSTALL_S: Final = 300
_POLL_S: Final = 1.0
_ACTIVATION_S: Final = 60.0  # a daemon that has not activated a model within this time never does
_PREFIX: Final = "ishara-edge: "


class Change(Protocol):
    """A change of one device."""

    @property
    def target(self) -> str:
        """The name of what a device gets, for a dry run."""

    def apply(self, remote: Remote) -> str:
        """Change the device; return the outcome as a sentence. Raises StepFailed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome on one host: `failure` if the change failed, and `sentence` otherwise."""

    host: str
    wave: str
    sentence: str
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class WaitPolicy:
    """The time to wait for a new model, and whether it must have passed its probation or only be active and well."""

    timeout_s: float
    until_proven: bool


def roll_out(connections: Connections, entries: Sequence[HostEntry], change: Change, report: Reporter) -> list[Outcome]:
    """Apply the change to all hosts, wave by wave. A host that fails ends the rollout with its wave.

    A host that cannot be reached fails its wave, too, so that somebody looks before the other half of a fleet changes.
    """
    outcomes: list[Outcome] = []
    stopped = ""
    for wave in waves(list(entries)):
        name = _name_of(wave)
        if stopped:
            outcomes += [Outcome(one.host, name, "", Failure(f"not tried, because {stopped} failed")) for one in wave]
            continue
        done: dict[str, str] = {}

        def apply(remote: Remote, done: dict[str, str] = done) -> None:
            done[remote.entry.host] = change.apply(remote)
            report(remote.entry.host, done[remote.entry.host])

        remotes = [connections.remotes[one.host] for one in wave if one.host in connections.remotes]
        failures = {one.host: connections.failures[one.host] for one in wave if one.host in connections.failures}
        failures |= in_parallel(connections, remotes, apply)
        for host, failure in failures.items():
            report(host, failure.sentence)
        outcomes += [Outcome(one.host, name, done.get(one.host, ""), failures.get(one.host)) for one in wave]
        stopped = name if failures else ""
    return outcomes


@dataclass(frozen=True, slots=True)
class BundleDeployment:
    """Installs and activates a bundle, and waits until the device itself has accepted it."""

    artifact: Artifact
    flags: str
    policy: WaitPolicy
    report: Reporter
    progress: Callable[[str], Progress]

    @property
    def target(self) -> str:
        """The bundle's folder in the store."""
        return str(self.artifact.installed_name)

    def apply(self, remote: Remote) -> str:
        """Send, install and activate the bundle. Raises StepFailed."""
        host, artifact = remote.entry.host, self.artifact
        _require_provisioned(remote)
        sent = send(remote, BytesIO(artifact.content), artifact.name, self.progress(host))
        self.report(host, f"has all of {artifact.name} ({sent.sent:,} of {len(artifact.content):,} bytes sent now)")
        command = _MODELS.format(f"install {shlex.quote(sent.path)} --activate {self.flags}")
        # One command: a connection that is cut in between leaves no model waiting for a reload.
        answer = remote.attempt(f"{command} && {_RELOAD}", within_s=_INSTALL_S)
        if not answer.ok:
            if answer.reason.startswith(_PREFIX):
                remove(remote, sent.path)
            reason = answer.reason.removeprefix(_PREFIX).replace(sent.path, artifact.name)
            raise StepFailed(reason, user_action_required=True)
        remove(remote, sent.path)
        self.report(host, "has installed and activated it")
        return _wait(remote, artifact.installed_name, self.policy)


@dataclass(frozen=True, slots=True)
class AppDeployment:
    """Builds and activates a release of the program; the device rolls back by itself when it does not come up."""

    release: Release
    report: Reporter
    progress: Callable[[str], Progress]

    @property
    def target(self) -> str:
        """The release's name."""
        return self.release.name

    def apply(self, remote: Remote) -> str:
        """Build and activate the release. Raises StepFailed."""
        host, release = remote.entry.host, self.release
        _require_provisioned(remote)
        machine = RemoteMachine(remote, self.progress(host))
        if program.is_active(machine, release):
            return f"has {release.name} already"
        program.build(machine, release)
        self.report(host, f"has built {release.name}")
        program.activate(machine, release)
        return f"runs {release.name}"


@dataclass(frozen=True, slots=True)
class BundleRollback:
    """Activates the previous bundle again."""

    policy: WaitPolicy
    target: str = field(default="the previous model", init=False)

    def apply(self, remote: Remote) -> str:
        """Roll the model back. Raises StepFailed."""
        _require_provisioned(remote)
        answer = remote.attempt(f"{_MODELS.format('rollback')} && {_RELOAD}", within_s=_INSTALL_S)
        if not answer.ok:
            raise StepFailed(answer.reason.removeprefix(_PREFIX), user_action_required=True)
        return _wait(remote, query(remote).bundle, self.policy)


@dataclass(frozen=True, slots=True)
class AppRollback:
    """Activates the previous release of the program again."""

    target: str = field(default="the previous release", init=False)

    def apply(self, remote: Remote) -> str:
        """Roll the program back. Raises StepFailed."""
        _require_provisioned(remote)
        program.rollback(RemoteMachine(remote))
        return f"runs {query(remote).app}"


def _wait(remote: Remote, wanted: str | None, policy: WaitPolicy) -> str:
    """Wait until the daemon runs the bundle of this name and the device has accepted it. Raises StepFailed."""
    began = time.monotonic()
    while True:
        now = query(remote)
        if now.bundle != wanted:
            reason = now.rollback_reason or now.state
            raise StepFailed(f"the device rolled back to {now.bundle or 'the shipped model'} by itself: {reason}")
        if now.refused:
            raise StepFailed(now.state)
        if now.well and now.active and not (now.on_probation and policy.until_proven):
            state = "on probation and well" if now.on_probation else "proven"
            return f"runs {now.model or wanted or 'the shipped model'}, {state}"
        waited = time.monotonic() - began
        if waited > min(_ACTIVATION_S, policy.timeout_s) and not (now.well and now.active):
            model = f", and runs {now.model}" if now.model else ""
            raise StepFailed(f"the model is not active after {waited:.0f} s: the device is {now.state}{model}")
        if waited > policy.timeout_s:
            raise StepFailed(f"still on probation after {waited:.0f} s: {now.state}")
        time.sleep(_POLL_S)


def _require_provisioned(remote: Remote) -> None:
    if not remote.attempt("test -L /opt/ishara").ok:
        raise StepFailed("not provisioned: run `ishara-deploy provision` first", user_action_required=True)


def _name_of(wave: Sequence[HostEntry]) -> str:
    return "the canary" if wave[0].canary else f"wave {wave[0].wave}"
