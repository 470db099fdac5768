"""Bringing something to many devices: the canaries first, then wave after wave, and no further when one fails."""

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from deploy import release as releases
from deploy.artifact import Artifact
from deploy.connection import Connections, Failure, Remote, StepFailed, Tell, in_parallel
from deploy.inventory import HostEntry, waves
from deploy.release import Release
from deploy.status import ask
from deploy.transfer import Progress, forget, send

# As root has another state folder than the service.
_MODELS: Final = (
    "env STATE_DIRECTORY=/var/lib/ishara LANG=C.UTF-8 "
    "/opt/ishara/bin/ishara-edge models {} --config /etc/ishara/edge.toml"
)
_RELOAD: Final = "systemctl try-reload-or-restart ishara-edge"
_INSTALL_S: Final = 300
_LOOK_S: Final = 1.0
_TAKE_S: Final = 60.0  # in which a daemon takes a model that it was told of, or never
_PREFIX: Final = "ishara-edge: "

Bring = Callable[[Remote], str]
"""Brings one device what it is to get; what became of it. Raises StepFailed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one host: `failure` if it did not get it, and `sentence` otherwise."""

    host: str
    wave: str
    sentence: str
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a new model may take to prove itself, and whether being on probation and well is enough."""

    seconds: float
    until_proved: bool


def roll_out(connections: Connections, entries: Sequence[HostEntry], bring: Bring, tell: Tell) -> list[Outcome]:
    """Bring it to all hosts, wave by wave. A host that fails ends the rollout with its wave.

    A host that was not reached at all fails its wave, too: what befalls half a fleet is to be seen before the other
    half gets it.
    """
    outcomes: list[Outcome] = []
    stopped = ""
    for wave in waves(list(entries)):
        name = _name_of(wave)
        if stopped:
            outcomes += [Outcome(one.host, name, "", Failure(f"not tried, for {stopped} failed")) for one in wave]
            continue
        done: dict[str, str] = {}

        def bring_one(remote: Remote, done: dict[str, str] = done) -> None:
            done[remote.entry.host] = bring(remote)
            tell(remote.entry.host, done[remote.entry.host])

        remotes = [connections.remotes[one.host] for one in wave if one.host in connections.remotes]
        failures = {one.host: connections.failures[one.host] for one in wave if one.host in connections.failures}
        failures |= in_parallel(connections, remotes, bring_one)
        for host, failure in failures.items():
            tell(host, failure.sentence)
        outcomes += [Outcome(one.host, name, done.get(one.host, ""), failures.get(one.host)) for one in wave]
        stopped = name if failures else ""
    return outcomes


def bringing_bundle(
    parcel: Artifact, options: str, patience: Patience, tell: Tell, progress: Callable[[str], Progress]
) -> Bring:
    """Brings a bundle into the store and into service, and waits until the device itself finds it good."""

    def bring(remote: Remote) -> str:
        host = remote.entry.host
        _see_that_it_is_provisioned(remote)
        arrived = send(remote, BytesIO(parcel.content), parcel.name, progress(host))
        tell(host, f"has all of {parcel.name} ({arrived.sent:,} of {len(parcel.content):,} bytes sent now)")
        command = _MODELS.format(f"install {shlex.quote(arrived.path)} --activate {options}")
        # One command: a connection that is cut between the two leaves no model waiting for somebody's reload.
        answer = remote.attempt(f"{command} && {_RELOAD}", within_s=_INSTALL_S)
        if not answer.ok:
            if answer.reason.startswith(_PREFIX):
                forget(remote, arrived.path)
            raise StepFailed(answer.reason.removeprefix(_PREFIX).replace(arrived.path, parcel.name), must_act=True)
        forget(remote, arrived.path)
        tell(host, "is installed and has the service")
        return _wait(remote, parcel.installed_name, patience)

    return bring


def bringing_app(release: Release, tell: Tell, progress: Callable[[str], Progress]) -> Bring:
    """Brings a release of the program and takes it; the device goes back by itself when it does not come up."""

    def bring(remote: Remote) -> str:
        host = remote.entry.host
        _see_that_it_is_provisioned(remote)
        if releases.is_taken(remote, release):
            return f"had {release.name} already"
        releases.make(remote, release, progress(host))
        tell(host, f"has {release.name} ready")
        releases.take(remote, release)
        return f"runs {release.name}"

    return bring


def bringing_back_bundle(patience: Patience) -> Bring:
    """Lets the bundle before serve again."""

    def bring(remote: Remote) -> str:
        _see_that_it_is_provisioned(remote)
        answer = remote.attempt(f"{_MODELS.format('rollback')} && {_RELOAD}", within_s=_INSTALL_S)
        if not answer.ok:
            raise StepFailed(answer.reason.removeprefix(_PREFIX), must_act=True)
        return _wait(remote, ask(remote).bundle, patience)

    return bring


def bringing_back_app() -> Bring:
    """Lets the release of the program before run again."""

    def bring(remote: Remote) -> str:
        _see_that_it_is_provisioned(remote)
        releases.go_back(remote)
        return f"runs {ask(remote).app}"

    return bring


def _wait(remote: Remote, wanted: str | None, patience: Patience) -> str:
    """Until the daemon reads with the bundle of this name and the device has found it good. Raises StepFailed."""
    began = time.monotonic()
    while True:
        now = ask(remote)
        if now.bundle != wanted:
            why = now.why_back or now.state
            raise StepFailed(f"the device went back to {now.bundle or 'the shipped model'} by itself: {why}")
        if now.refused:
            raise StepFailed(now.state)
        if now.well and now.serves and not (now.on_probation and patience.until_proved):
            standing = "on probation and well" if now.on_probation else "proved"
            return f"reads with {now.model or wanted or 'the shipped model'}, {standing}"
        waited = time.monotonic() - began
        if waited > min(_TAKE_S, patience.seconds) and not (now.well and now.serves):
            reads = f", and reads with {now.model}" if now.model else ""
            raise StepFailed(f"not at work with it after {waited:.0f} s: it is {now.state}{reads}")
        if waited > patience.seconds:
            raise StepFailed(f"still on probation after {waited:.0f} s: {now.state}")
        time.sleep(_LOOK_S)


def _see_that_it_is_provisioned(remote: Remote) -> None:
    if not remote.attempt("test -L /opt/ishara").ok:
        raise StepFailed("it is not provisioned: run `ishara-deploy provision` first", must_act=True)


def _name_of(wave: Sequence[HostEntry]) -> str:
    return "the canary" if wave[0].canary else f"wave {wave[0].wave}"
