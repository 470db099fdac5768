"""Brings devices to their plans, all at the same time, by the steps of `edge.installation`."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.connection import Connections, Remote, Reporter, in_parallel
from deploy.remote_machine import RemoteMachine
from edge.installation.machine import Failure
from edge.installation.plan import Plan
from edge.installation.steps import carry_out, missing_steps
from edge.installation.system import require_supported


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The steps that change each host, and the failures by host."""

    changes: dict[str, tuple[str, ...]]
    failures: dict[str, Failure]


def provision(connections: Connections, plans: Mapping[str, Plan], report: Reporter, *, dry_run: bool) -> Provisioned:
    """Bring the connected hosts to their plans; with `dry_run` only find out what is missing."""
    changes: dict[str, tuple[str, ...]] = {}

    def apply(remote: Remote) -> None:
        host, machine = remote.entry.host, RemoteMachine(remote)
        require_supported(machine)
        steps = missing_steps(machine, plans[host])
        changes[host] = tuple(name for name, commands in steps.items() if commands)
        if not dry_run:
            carry_out(machine, steps, lambda sentence: report(host, sentence))

    failures = in_parallel(connections, list(connections.remotes.values()), apply)
    return Provisioned(changes, failures)
