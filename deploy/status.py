"""How the devices are, as a table or as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.connection import Connections, Remote, StepFailed, in_parallel

_PROGRAM: Final = (Path(__file__).parent / "on_device" / "report.py").read_text(encoding="utf-8")
_ASK_S: Final = 120  # a small computer that is busy reads its bundles slowly
_USUAL: Final = ("reading ", "last word ")  # parts of the daemon's sentence that other columns tell
_COLUMNS: Final = ("HOST", "APP", "MODEL", "STATE", "FRAMES/S", "°C", "LAST WORD")


@dataclass(frozen=True, slots=True)
class Status:
    """One device as it is now. None stands for what it does not tell; `state` is a word or a sentence of its own."""

    host: str
    reached: bool
    state: str
    well: bool = False
    app: str | None = None
    model: str | None = None
    bundle: str | None = None
    """The store's folder of the bundle that serves; None for the one that came with the program."""
    on_probation: bool | None = None
    why_back: str | None = None
    """Why the device went back from the last bundle by itself or was told to, if that is the last that happened."""
    serves: bool = False
    """Whether the daemon reads with that bundle already."""
    refused: bool = False
    """Whether it goes on with what it had, because it would not take what it was told to."""
    frames_per_s: float | None = None
    celsius: float | None = None
    last_word_at: str | None = None


def ask(remote: Remote) -> Status:
    """How a device is. Raises StepFailed."""
    told = remote.run("/usr/bin/python3 -", stdin=_PROGRAM, within_s=_ASK_S)
    try:
        return read(remote.entry.host, json.loads(told))
    except (ValueError, KeyError, TypeError) as error:
        raise StepFailed(f"it tells what cannot be understood: {error}") from error


def ask_all(connections: Connections) -> list[Status]:
    """How all hosts are, in the inventory's order; of those that are not reached, why."""
    found: dict[str, Status] = {}

    def look(remote: Remote) -> None:
        found[remote.entry.host] = ask(remote)

    failures = connections.failures | in_parallel(connections, list(connections.remotes.values()), look)
    found |= {host: Status(host, reached=False, state=failure.sentence) for host, failure in failures.items()}
    return [found[host.name] for host in connections.state.inventory]


def read(host: str, report: Mapping[str, Any]) -> Status:
    """What a device's report means."""
    service, figures = report["service"], report["metrics"] or {}
    models = report["models"] or {}
    bundle: dict[str, Any] = next((one for one in models.get("installed", []) if one["current"]), {})
    active = service.get("ActiveState") == "active"
    last_word = figures.get("ishara_last_word_timestamp_seconds")
    model = figures.get("model") or None
    celsius = figures.get("ishara_temperature_celsius", report["celsius"])
    return Status(
        host=host,
        reached=True,
        state=_state(service),
        well=active,
        app=report["release"],
        model=model,
        bundle=bundle.get("name"),
        on_probation=models.get("probation") is not None if models else None,
        why_back=_why_back(models),
        serves=not bundle or model is None or bundle["name"].startswith(f"{model.replace('@', '-')}-"),
        refused="the old one goes on" in service.get("StatusText", ""),
        frames_per_s=figures.get("ishara_frames_per_second") if active else None,
        celsius=None if celsius is None else round(celsius, 1),
        last_word_at=None
        if last_word is None
        else datetime.fromtimestamp(last_word, UTC).isoformat(timespec="seconds"),
    )


def as_table(statuses: list[Status]) -> str:
    """A line a host; what a device does not tell is a dash."""
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
    """All that is known, for programs."""
    return json.dumps([asdict(status) for status in statuses], ensure_ascii=False, indent=2)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows with their columns below one another."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _why_back(models: Mapping[str, Any]) -> str | None:
    last: dict[str, str] = next(iter(models.get("events", [])), {})
    return last.get("reason") if last.get("what") == "rolled back" else None


def _state(service: Mapping[str, str]) -> str:
    if service.get("LoadState") != "loaded":
        return "not provisioned"
    told = [part for part in service.get("StatusText", "").split("; ") if part and not part.startswith(_USUAL)]
    return "; ".join([service.get("ActiveState", ""), *told])
