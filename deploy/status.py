"""The state of the devices, as a table or as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.connection import Connections, Remote, StepFailed, in_parallel

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
    try:
        return read(remote.entry.host, json.loads(report))
    except (ValueError, KeyError, TypeError) as error:
        raise StepFailed(f"its report cannot be understood: {error}") from error


def query_all(connections: Connections) -> list[Status]:
    """Return the state of all hosts in the inventory's order, with the reason for those that cannot be reached."""
    found: dict[str, Status] = {}

    def query_one(remote: Remote) -> None:
        found[remote.entry.host] = query(remote)

    failures = connections.failures | in_parallel(connections, list(connections.remotes.values()), query_one)
    found |= {host: Status(host, reached=False, state=failure.sentence) for host, failure in failures.items()}
    return [found[host.name] for host in connections.state.inventory]


def read(host: str, report: Mapping[str, Any]) -> Status:
    """Return the state that a device's report describes."""
    service, figures = report["service"], report["metrics"] or {}
    models = report["models"] or {}
    bundle: dict[str, Any] = next((one for one in models.get("installed", []) if one["current"]), {})
    is_running = service.get("ActiveState") == "active"
    last_word = figures.get("ishara_last_word_timestamp_seconds")
    model = figures.get("model") or None
    celsius = figures.get("ishara_temperature_celsius", report["celsius"])
    return Status(
        host=host,
        reached=True,
        state=_state(service),
        well=is_running,
        app=report["release"],
        model=model,
        bundle=bundle.get("name"),
        on_probation=models.get("probation") is not None if models else None,
        rollback_reason=_rollback_reason(models),
        active=not bundle or model is None or bundle["name"].startswith(f"{model.replace('@', '-')}-"),
        refused=_REFUSED in service.get("StatusText", ""),
        frames_per_s=figures.get("ishara_frames_per_second") if is_running else None,
        celsius=None if celsius is None else round(celsius, 1),
        last_word_at=None
        if last_word is None
        else datetime.fromtimestamp(last_word, UTC).isoformat(timespec="seconds"),
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


def _rollback_reason(models: Mapping[str, Any]) -> str | None:
    last: dict[str, str] = next(iter(models.get("events", [])), {})
    return last.get("reason") if last.get("what") == "rolled back" else None


def _state(service: Mapping[str, str]) -> str:
    if service.get("LoadState") != "loaded":
        return "not provisioned"
    parts = [part for part in service.get("StatusText", "").split("; ") if part and not part.startswith(_USUAL)]
    return "; ".join([service.get("ActiveState", ""), *parts])
