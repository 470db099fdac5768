"""The state of the devices, as a table or as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.connection import Connections, Remote, in_parallel
from deploy.report import Event, Figures, Models, Report
from edge.installation.machine import StepFailed
from landmarkers.parsing import describe

_PROGRAM: Final = (Path(__file__).parent / "on_device" / "report.py").read_text(encoding="utf-8")
_QUERY_S: Final = 120  # a busy small computer reads its bundles slowly
_USUAL: Final = ("reading ", "last word ")  # parts of the daemon's sentence that other columns show
_REFUSED: Final = "the new configuration is refused"  # as edge/lifecycle/service.py reports it
_COLUMNS: Final = ("HOST", "APP", "MODEL", "STATE", "FRAMES/S", "°C", "LAST WORD")


@dataclass(frozen=True, slots=True)
class Status:
    """The state of one device. None stands for what it does not report; `state` is its own word or sentence."""

    host: str
    reached: bool
    state: str
    well: bool = False
    app: str | None = None
    model: str | None = None
    bundle: str | None = None
    """The store's folder of the active bundle; None for the one that came with the program."""
    on_probation: bool | None = None
    rollback_reason: str | None = None
    """Why the last bundle was rolled back, by the device or an operator, if that is the last event of its store."""
    active: bool = False
    """True if the daemon runs that bundle already."""
    refused: bool = False
    """True if the daemon refused its new configuration or model and kept the old one."""
    frames_per_s: float | None = None
    celsius: float | None = None
    last_word_at: str | None = None


def query(remote: Remote) -> Status:
    """Return the state of a device. Raises StepFailed."""
    report = remote.run("/usr/bin/python3 -", stdin=_PROGRAM, within_s=_QUERY_S)
    return read(remote.entry.host, report)


def query_all(connections: Connections) -> list[Status]:
    """Return the state of all hosts in the inventory's order, with the reason for those that cannot be reached."""
    found: dict[str, Status] = {}

    def query_one(remote: Remote) -> None:
        found[remote.entry.host] = query(remote)

    failures = connections.failures | in_parallel(connections, list(connections.remotes.values()), query_one)
    found |= {host: Status(host, reached=False, state=failure.sentence) for host, failure in failures.items()}
    return [found[host.name] for host in connections.state.inventory]


def read(host: str, report: str) -> Status:
    """Return the state that a device's report, as JSON, describes. Raises StepFailed."""
    try:
        found = Report.model_validate_json(report)
    except ValueError as error:
        raise StepFailed(f"its report cannot be understood: {describe(error)}") from error
    service, figures = found.service, found.metrics or Figures()
    models = found.models or Models()
    bundle = next((one.name for one in models.installed if one.current), None)
    is_running = service.get("ActiveState") == "active"
    celsius = found.celsius if figures.celsius is None else figures.celsius
    last_event = models.events[0] if models.events else Event()
    return Status(
        host=host,
        reached=True,
        state=_state(service),
        well=is_running,
        app=found.release,
        model=figures.model or None,
        bundle=bundle,
        on_probation=None if found.models is None else models.probation is not None,
        rollback_reason=last_event.reason if last_event.what == "rolled back" else None,
        active=bundle is None or not figures.model or bundle.startswith(f"{figures.model.replace('@', '-')}-"),
        refused=_REFUSED in service.get("StatusText", ""),
        frames_per_s=figures.frames_per_s if is_running else None,
        celsius=None if celsius is None else round(celsius, 1),
        last_word_at=None
        if figures.last_word_at is None
        else datetime.fromtimestamp(figures.last_word_at, UTC).isoformat(timespec="seconds"),
    )


def as_table(statuses: list[Status]) -> str:
    """Return one line for each host; what a device does not report is a dash."""
    rows = [_COLUMNS] + [
        (
            status.host,
            status.app or "-",
            (status.model or status.bundle or "-") + (", on probation" if status.on_probation else ""),
            status.state,
            "-" if status.frames_per_s is None else f"{status.frames_per_s:.1f}",
            "-" if status.celsius is None else f"{status.celsius:.0f}",
            status.last_word_at or "-",
        )
        for status in statuses
    ]
    return table(rows)


def as_json(statuses: list[Status]) -> str:
    """Return everything that is known, for programs."""
    return json.dumps([asdict(status) for status in statuses], ensure_ascii=False, indent=2)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows with aligned columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _state(service: Mapping[str, str]) -> str:
    if service.get("LoadState") != "loaded":
        return "not provisioned"
    parts = [part for part in service.get("StatusText", "").split("; ") if part and not part.startswith(_USUAL)]
    return "; ".join([service.get("ActiveState", ""), *parts])
