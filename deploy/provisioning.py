"""Brings devices to their plans, all at the same time, by the steps of `edge.installation`."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.connection import Connections, Remote, Reporter, in_parallel
from deploy.remote_machine import RemoteMachine
from edge.installation.machine import Failure
from edge.installation.plan import Plan
from edge.installation.set_up_page import find_set_up_page
from edge.installation.steps import carry_out, missing_steps
from edge.installation.system import require_supported
from edge.setup.invitation import Invitation


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


def find_pages(connections: Connections, done: Provisioned) -> dict[str, Invitation]:
    """Return the set-up pages of the hosts that wait to be set up; one that does not answer becomes a failure."""
    pages: dict[str, Invitation] = {}

    def find(remote: Remote) -> None:
        page = find_set_up_page(RemoteMachine(remote))
        if page is not None:
            pages[remote.entry.host] = page

    waiting = [one for one in connections.remotes.values() if one.entry.config is None]
    well = [one for one in waiting if one.entry.host not in done.failures]
    done.failures.update(in_parallel(connections, well, find))
    return pages
