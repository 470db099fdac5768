"""The commands that connect to devices."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NoReturn, Self

from tqdm import tqdm

from deploy.artifact import open_artifact
from deploy.collection import Collector
from deploy.connection import Connections, Remote, Reporter, connected, in_parallel
from deploy.inventory import FleetInventory, HostEntry, load_inventory, waves
from deploy.new_host import known_host
from deploy.plan import plan
from deploy.prompts import Prompts
from deploy.provisioning import find_pages, provision
from deploy.rollout import AppDeployment, AppRollback, BundleDeployment, BundleRollback, Change, WaitPolicy, roll_out
from deploy.status import as_json, as_table, query_all, table
from deploy.transfer import Progress
from edge.installation.machine import Failure
from edge.installation.own_program import own_lock, program_files
from edge.installation.program import ProgramFiles, Release, open_release
from edge.installation.set_up_page import as_text
from landmarkers.task_builder import ensure_tasks
from landmarkers.task_bundles import default_folder

_DONE, _FAILED, _USER_ACTION_REQUIRED = 0, 1, 2
_NAME_WIDTH: Final = 16


def run_on_fleet(options: argparse.Namespace) -> int:
    """Run the command; return the exit code. Raises InventoryInvalid, ArtifactUnusable."""
    if options.command == "provision":
        return _provision(options)
    inventory = load_inventory(options.inventory)
    entries = inventory.chosen(tuple(options.only))
    if options.command == "status":
        return _status(inventory, entries, json=options.json)
    if options.command == "push":
        return _push(inventory, entries, options)
    if options.command == "collect":
        return _collect(inventory, entries, options)
    change: Change = AppRollback() if options.app else BundleRollback(_wait_policy(options))
    return _roll_out(inventory, entries, change, _report, dry_run=options.dry_run)


def _provision(options: argparse.Namespace) -> int:
    host = known_host(options, Prompts(assume_defaults=options.yes)) if options.host else None
    inventory = load_inventory(options.inventory)
    entries = inventory.chosen((host.name,) if host else tuple(options.only))
    passwords = host.passwords if host else {}
    ensure_tasks(default_folder())
    dry_run = options.dry_run
    with TemporaryDirectory(prefix="ishara-") as folder:
        release = open_release(_program(inventory, options, Path(folder)))
        plans = {entry.host: plan(inventory, entry, release) for entry in entries}
        with connected(inventory, entries, passwords) as connections:
            done = provision(connections, plans, _report, dry_run=dry_run)
            pages = {} if dry_run else find_pages(connections, done)
            failures = connections.failures | done.failures
    rows: list[tuple[str, ...]] = [("HOST", "CHANGES", "WOULD CHANGE" if dry_run else "CHANGED")]
    for entry in entries:
        changes = done.changes.get(entry.host, ())
        if entry.host in failures:
            rows.append((entry.host, "failed", failures[entry.host].sentence))
        else:
            count = f"{len(changes)} change{'' if len(changes) == 1 else 's'}"
            rows.append((entry.host, count, ", ".join(changes) or "-"))
    print(table(rows))
    for entry in entries:
        if entry.host in pages:
            print(f"\n{entry.host} waits to be set up. {as_text(pages[entry.host], entry.address)}")
    return _exit_code(list(failures.values()))


def _status(inventory: FleetInventory, entries: Sequence[HostEntry], *, json: bool) -> int:
    with connected(inventory, entries) as connections:
        statuses = query_all(connections)
        failures = connections.failures
    print(as_json(statuses) if json else as_table(statuses))
    if all(status.well for status in statuses):
        return _DONE
    return max(_FAILED, _exit_code(list(failures.values())))


def _push(inventory: FleetInventory, entries: Sequence[HostEntry], options: argparse.Namespace) -> int:
    artifact = open_artifact(options.artifact)
    with _Bars() as bars:
        change: Change
        if artifact.installed_name is None:
            change = AppDeployment(_release_of(inventory, options.artifact), bars.report, bars.of)
        else:
            flags = (("--allow-downgrade", options.allow_downgrade), ("--allow-labels", options.allow_labels))
            allowed = " ".join(flag for flag, is_set in flags if is_set)
            change = BundleDeployment(artifact, allowed, _wait_policy(options), bars.report, bars.of)
        return _roll_out(inventory, entries, change, bars.report, dry_run=options.dry_run)


def _collect(inventory: FleetInventory, entries: Sequence[HostEntry], options: argparse.Namespace) -> int:
    outcomes: dict[str, str] = {}
    with _Bars() as bars:
        collector = Collector.into(options.to, bars.of, dry_run=options.dry_run)

        def collect(remote: Remote) -> None:
            outcomes[remote.entry.host] = collector.collect(remote)

        with connected(inventory, entries) as connections:
            remotes = list(connections.remotes.values())
            failures = connections.failures | in_parallel(connections, remotes, collect)
    outcomes |= {host: failure.sentence for host, failure in failures.items()}
    print(table([("HOST", "TAKES"), *((entry.host, outcomes[entry.host]) for entry in entries)]))
    if not options.dry_run:
        collected = {entry.name for entry in entries if entry.host not in failures}
        for name, count in collector.delete_expired(collected).items():
            print(f"{name} was not reached: {count} deleted here, whose consent has expired")
    return _exit_code(list(failures.values()))


def _program(inventory: FleetInventory, options: argparse.Namespace, folder: Path) -> ProgramFiles:
    """Return the program that devices get: of the command line, the inventory, or this installation."""
    app = inventory.app
    return program_files(
        folder, options.wheel or app.wheel, options.lock or app.lock, options.wheelhouse or app.wheelhouse
    )


def _release_of(inventory: FleetInventory, wheel: Path) -> Release:
    """Return a pushed wheel with the lock and the wheelhouse of the inventory. Raises ProgramUnusable."""
    return open_release(ProgramFiles(wheel.absolute(), inventory.app.lock or own_lock(), inventory.app.wheelhouse))


def _roll_out(
    inventory: FleetInventory, entries: Sequence[HostEntry], change: Change, report: Reporter, *, dry_run: bool
) -> int:
    with connected(inventory, entries) as connections:
        if dry_run:
            return _print_plan(connections, entries, change.target)
        outcomes = roll_out(connections, entries, change, report)
    rows: list[tuple[str, ...]] = [("HOST", "WAVE", "OUTCOME")]
    rows += [(one.host, one.wave, one.failure.sentence if one.failure else one.sentence) for one in outcomes]
    print(table(rows))
    return _exit_code([one.failure for one in outcomes if one.failure])


def _print_plan(connections: Connections, entries: Sequence[HostEntry], target: str) -> int:
    """Print for each host its wave, what it has now and what it would get."""
    now = {status.host: status for status in query_all(connections)}
    rows: list[tuple[str, ...]] = [("HOST", "WAVE", "HAS NOW", "WOULD GET")]
    for wave in waves(list(entries)):
        for entry in wave:
            status = now[entry.host]
            has = f"{status.app or '-'}, {status.bundle or status.model or '-'}" if status.reached else status.state
            same = target in (status.app, status.bundle)
            name = "the canary" if entry.canary else f"wave {entry.wave}"
            rows.append((entry.host, name, has, "nothing new" if same else target if status.reached else "-"))
    print(table(rows))
    return _exit_code(list(connections.failures.values()))


def _wait_policy(options: argparse.Namespace) -> WaitPolicy:
    return WaitPolicy(options.timeout, until_proven=options.until == "proven")


def _exit_code(failures: Sequence[Failure]) -> int:
    if not failures:
        return _DONE
    return _USER_ACTION_REQUIRED if any(failure.user_action_required for failure in failures) else _FAILED


def _report(host: str, sentence: str) -> None:
    tqdm.write(f"{host:{_NAME_WIDTH}} {sentence}", file=sys.stderr)


class _Bars:
    """Progress bars, one for each host that receives a file, if standard error is a terminal."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[NoReturn]] = {}

    def report(self, host: str, sentence: str) -> None:
        """Print the progress of a host above the bars."""
        _report(host, sentence)

    def of(self, host: str) -> Progress:
        """Return the callback for a host: bytes there, bytes in all."""

        def move(there: int, size: int) -> None:
            bar = self._bars.setdefault(host, tqdm(desc=host, unit="B", unit_scale=True, disable=None, leave=False))
            bar.total = size
            bar.update(there - bar.n)

        return move

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for bar in self._bars.values():
            bar.close()
