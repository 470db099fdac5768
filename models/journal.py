"""The journal of a store: the activations of bundles, in order, and their state of probation.

`current` alone decides which bundle is active. The journal is written before `current` is switched and contains only
what is true before and after: a power cut between the two leaves an entry of a bundle that was never active, ahead of
the active one, and such entries are ignored.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from landmarkers.parsing import describe, read_json, read_limited
from models.durable import put_aside, replace_file
from models.stored_model import StoredModel

log = logging.getLogger(__name__)

JOURNAL: Final = "journal.json"
_FORMAT: Final = 1
_MAX_ENTRIES: Final = 20  # of activations and of events
_MAX_REASON: Final = 1000

What = Literal["installed", "activated", "proven", "rolled back", "removed"]
Name = Annotated[str, StringConstraints(max_length=255)]


class Activation(StoredModel):
    """One activation of a bundle: its time, the outcome of its probation, and the daemon's starts with it."""

    name: Name
    since: AwareDatetime
    proven: bool = False
    starts: Annotated[int, Field(ge=0, lt=2**31)] = 0


class Event(StoredModel):
    """An event of a bundle, for lists. Another release may know other events."""

    at: AwareDatetime
    what: Name
    name: Name
    reason: Annotated[str, StringConstraints(max_length=_MAX_REASON)] = ""


E = TypeVar("E", Activation, Event)


class Journal(StoredModel):
    """The content of `journal.json`: bundles and events, the newest first."""

    format: Literal[1] = _FORMAT
    activations: tuple[Activation, ...] = ()
    events: tuple[Event, ...] = ()

    @classmethod
    def read(cls, root: Path) -> Self:
        """Read the journal of a store without the entries that cannot be read. Raises OSError."""
        journal, fault = cls._read(root / JOURNAL)
        if fault is not None:
            _warn(f"{root / JOURNAL} is damaged ({fault}): what cannot be read of it is left out")
        return journal

    def write(self, root: Path) -> None:
        """Replace the journal of a store atomically; one that is damaged is put aside. Raises OSError."""
        path = root / JOURNAL
        if (fault := self._read(path)[1]) is not None:
            log.error(
                "%s is damaged (%s): a new one is written, and the old one renamed to %s", path, fault, put_aside(path)
            )
        replace_file(path, self.model_dump_json(indent=1).encode() + b"\n")

    @classmethod
    def is_damaged(cls, root: Path) -> bool:
        """Return True if a part of a store's journal cannot be read. Raises OSError."""
        return cls._read(root / JOURNAL)[1] is not None

    @classmethod
    def _read(cls, path: Path) -> tuple[Self, str | None]:
        """Return what can be read of a journal, and what is wrong with it, if anything. Raises OSError."""
        try:
            content = read_json(read_limited(path))
        except FileNotFoundError:
            return cls(), None
        except (IsADirectoryError, ValueError) as error:
            return cls(), describe(error)
        if not isinstance(content, dict) or content.get("format", _FORMAT) != _FORMAT:
            return cls(), f"it is not of format {_FORMAT}"
        activations, events = content.get("activations", []), content.get("events", [])
        if not isinstance(activations, list) or not isinstance(events, list):
            return cls(), "it holds no lists"
        journal = cls(activations=_readable(Activation, activations), events=_readable(Event, events))
        unreadable = len(activations) + len(events) - len(journal.activations) - len(journal.events)
        return journal, f"{unreadable} of its entries cannot be read" if unreadable else None

    def entry(self, name: str | None) -> Activation | None:
        """Return the activation of a bundle, if there is one."""
        return next((one for one in self.activations if one.name == name), None)

    def before(self, name: str | None) -> Sequence[Activation]:
        """Return the activations before that of a bundle, the newest first; all of them for an unknown bundle."""
        names = [one.name for one in self.activations]
        return () if name is None else self.activations[names.index(name) + 1 :] if name in names else self.activations

    def activate(self, name: str, after: str | None) -> Self:
        """Add an activation of the bundle `name` after another one, on probation."""
        now = datetime.now(UTC)
        old = self._from(after)
        kept = [one for one in old if one.name != name]
        return self._with([Activation(name=name, since=now), *kept], Event(at=now, what="activated", name=name))

    def count_start(self, name: str) -> Self:
        """Count a start of the daemon with this bundle."""
        return self._change(name, lambda one: one.model_copy(update={"starts": one.starts + 1}))

    def reset_starts(self, name: str) -> Self:
        """Reset the count of the daemon's starts with this bundle."""
        return self._change(name, lambda one: one.model_copy(update={"starts": 0}))

    def mark_proven(self, name: str) -> Self:
        """Mark the bundle as proven."""
        proven = self._change(name, lambda one: one.model_copy(update={"proven": True}))
        return proven.record_event("proven", name)

    def record_event(self, what: What, name: str, reason: str = "") -> Self:
        """Add an event of a bundle."""
        return self._with(
            self.activations, Event(at=datetime.now(UTC), what=what, name=name, reason=reason[:_MAX_REASON])
        )

    def _from(self, name: str | None) -> tuple[Activation, ...]:
        """Return the activations of the active bundle and of those before it."""
        if name is None:
            return ()
        # An active bundle without an entry lost its journal; it is not a new one, so it counts as proven.
        entry = self.entry(name) or Activation(name=name, since=datetime.now(UTC), proven=True)
        return (entry, *self.before(name))

    def _change(self, name: str, change: Callable[[Activation], Activation]) -> Self:
        served = tuple(change(one) if one.name == name else one for one in self.activations)
        return self.model_copy(update={"activations": served})

    def _with(self, served: Sequence[Activation], event: Event) -> Self:
        events = (event, *self.events)
        return self.model_copy(update={"activations": tuple(served)[:_MAX_ENTRIES], "events": events[:_MAX_ENTRIES]})


def _readable(kind: type[E], entries: Iterable[Any]) -> tuple[E, ...]:
    """Return the entries that can be read."""
    readable = []
    for entry in entries:
        try:
            readable.append(kind.model_validate(entry))
        except ValidationError:
            continue
    return tuple(readable)


@cache
def _warn(sentence: str) -> None:
    """Log a warning once in this process: a journal is read often."""
    log.warning("%s", sentence)
