"""The journal of a store: the activations of bundles, in order, and their state of probation.

`current` alone decides which bundle is active. The journal is written before `current` is switched and contains only
what is true before and after: a power cut between the two leaves an entry of a bundle that was never active, ahead of
the active one, and such entries are ignored.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError

from models.durable import replace_file
from models.strict_model import StrictModel

log = logging.getLogger(__name__)

JOURNAL: Final = "journal.json"
_MAX_ENTRIES: Final = 20  # of activations and of events


class Activation(StrictModel):
    """One activation of a bundle: its time, the outcome of its probation, and the daemon's starts with it."""

    name: str
    since: datetime
    proven: bool = False
    starts: Annotated[int, Field(ge=0)] = 0


class Event(StrictModel):
    """An event of a bundle, for lists."""

    at: datetime
    what: Literal["installed", "activated", "proven", "rolled back"]
    name: str
    reason: str = ""


class Journal(StrictModel):
    """The content of `journal.json`: bundles and events, the newest first."""

    format: Literal[1] = 1
    activations: tuple[Activation, ...] = ()
    events: tuple[Event, ...] = ()

    @classmethod
    def read(cls, root: Path) -> Self:
        """Read the journal of a store; a damaged or missing one is empty. Raises OSError."""
        try:
            return cls.model_validate_json((root / JOURNAL).read_bytes())
        except FileNotFoundError:
            return cls()
        except ValidationError:
            log.warning("%s is damaged; the activations before the current model are lost", root / JOURNAL)
            return cls()

    def write(self, root: Path) -> None:
        """Replace the journal of a store atomically. Raises OSError."""
        replace_file(root / JOURNAL, self.model_dump_json(indent=1).encode() + b"\n")

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

    def record_event(self, what: str, name: str, reason: str = "") -> Self:
        """Add an event of a bundle."""
        event = Event.model_validate({"at": datetime.now(UTC), "what": what, "name": name, "reason": reason})
        return self._with(self.activations, event)

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
