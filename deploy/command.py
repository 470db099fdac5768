"""The commands that go to devices."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from tqdm import tqdm

from deploy.artifact import open_artifact
from deploy.connection import Connections, Failure, connected
from deploy.inventory import AppSection, FleetInventory, HostEntry, load_inventory, waves
from deploy.plan import plan
from deploy.provisioning import provision
from deploy.release import Release, open_release
from deploy.rollout import (
    Bring,
    Patience,
    bringing_app,
    bringing_back_app,
    bringing_back_bundle,
    bringing_bundle,
    roll_out,
)
from deploy.status import as_json, as_table, ask_all, table
from deploy.transfer import Progress

_DONE, _FAILED, _MUST_ACT = 0, 1, 2
_NAME_WIDTH: Final = 16


def act(options: argparse.Namespace) -> int:
    """Do what the command says; returns the exit code. Raises InventoryInvalid, ParcelUnusable."""
    inventory = load_inventory(options.inventory)
    entries = inventory.chosen(tuple(options.only))
    if options.command == "provision":
        return _provision(inventory, entries, dry_run=options.dry_run)
    if options.command == "status":
        return _status(inventory, entries, json=options.json)
    if options.command == "push":
        return _push(inventory, entries, options)
    bring = bringing_back_app() if options.app else bringing_back_bundle(_patience(options))
    what = "the release of the program before" if options.app else "the model before"
    return _roll_out(inventory, entries, bring, what, dry_run=options.dry_run)


def _provision(inventory: FleetInventory, entries: Sequence[HostEntry], *, dry_run: bool) -> int:
    plans = {entry.host: plan(inventory, entry) for entry in entries}
    with connected(inventory, entries) as connections:
        done = provision(connections, plans, _tell, dry_run=dry_run)
        failures = connections.failures | done.failures
    rows: list[tuple[str, ...]] = [("HOST", "CHANGES", "WOULD CHANGE" if dry_run else "WHAT")]
    for entry in entries:
        changes = done.changes.get(entry.host, ())
        if entry.host in failures:
            rows.append((entry.host, "failed", failures[entry.host].sentence))
        else:
            rows.append(
                (entry.host, f"{len(changes)} change{'' if len(changes) == 1 else 's'}", ", ".join(changes) or "-")
            )
    print(table(rows))
    return _exit_code(list(failures.values()))


def _status(inventory: FleetInventory, entries: Sequence[HostEntry], *, json: bool) -> int:
    with connected(inventory, entries) as connections:
        statuses = ask_all(connections)
        failures = connections.failures
    print(as_json(statuses) if json else as_table(statuses))
    if all(status.well for status in statuses):
        return _DONE
    return max(_FAILED, _exit_code(list(failures.values())))


def _push(inventory: FleetInventory, entries: Sequence[HostEntry], options: argparse.Namespace) -> int:
    parcel = open_artifact(options.parcel)
    with _Bars() as bars:
        if parcel.installed_name is None:
            release = _release_of(inventory, options)
            bring, what = bringing_app(release, bars.tell, bars.of), release.name
        else:
            wishes = (("--allow-downgrade", options.allow_downgrade), ("--allow-labels", options.allow_labels))
            allowed = " ".join(option for option, wished in wishes if wished)
            bring, what = (
                bringing_bundle(parcel, allowed, _patience(options), bars.tell, bars.of),
                parcel.installed_name,
            )
        return _roll_out(inventory, entries, bring, what, dry_run=options.dry_run, tell=bars.tell)


def _release_of(inventory: FleetInventory, options: argparse.Namespace) -> Release:
    """A pushed wheel with the constraints and the wheelhouse that the inventory names."""
    said = {} if inventory.app is None else inventory.app.model_dump(exclude={"wheel"})
    return open_release(
        AppSection.model_construct(wheel=options.parcel.absolute(), **{"constraints": None, "wheelhouse": None} | said)
    )


def _roll_out(
    inventory: FleetInventory,
    entries: Sequence[HostEntry],
    bring: Bring,
    what: str,
    *,
    dry_run: bool,
    tell: Callable[[str, str], None] | None = None,
) -> int:
    with connected(inventory, entries) as connections:
        if dry_run:
            return _tell_plan(connections, entries, what)
        outcomes = roll_out(connections, entries, bring, tell or _tell)
    rows: list[tuple[str, ...]] = [("HOST", "WAVE", "OUTCOME")]
    rows += [(one.host, one.wave, one.failure.sentence if one.failure else one.sentence) for one in outcomes]
    print(table(rows))
    return _exit_code([one.failure for one in outcomes if one.failure])


def _tell_plan(connections: Connections, entries: Sequence[HostEntry], what: str) -> int:
    """Which host would get it when, and what it has now."""
    now = {status.host: status for status in ask_all(connections)}
    rows: list[tuple[str, ...]] = [("HOST", "WAVE", "HAS NOW", "WOULD GET")]
    for wave in waves(list(entries)):
        for entry in wave:
            status = now[entry.host]
            has = f"{status.app or '-'}, {status.bundle or status.model or '-'}" if status.reached else status.state
            same = what in (status.app, status.bundle)
            name = "the canary" if entry.canary else f"wave {entry.wave}"
            rows.append((entry.host, name, has, "nothing new" if same else what if status.reached else "-"))
    print(table(rows))
    return _exit_code(list(connections.failures.values()))


def _patience(options: argparse.Namespace) -> Patience:
    return Patience(options.patience, until_proved=options.until == "proved")


def _exit_code(failures: Sequence[Failure]) -> int:
    if not failures:
        return _DONE
    return _MUST_ACT if any(failure.must_act for failure in failures) else _FAILED


def _tell(host: str, sentence: str) -> None:
    tqdm.write(f"{host:{_NAME_WIDTH}} {sentence}", file=sys.stderr)


class _Bars:
    """A bar for each host that something is sent to, where there is a terminal to draw on."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[NoReturn]] = {}

    def tell(self, host: str, sentence: str) -> None:
        """Say how a host gets on, above the bars."""
        _tell(host, sentence)

    def of(self, host: str) -> Progress:
        """How far a host is: bytes there, bytes in all."""

        def move(there: int, size: int) -> None:
            bar = self._bars.setdefault(host, tqdm(desc=host, unit="B", unit_scale=True, disable=None, leave=False))
            bar.total = size
            bar.update(there - bar.n)

        return move

    def __enter__(self) -> "_Bars":
        return self

    def __exit__(self, *_: object) -> None:
        for bar in self._bars.values():
            bar.close()
