"""What a store of bundles remembers: which bundles served, in which order, and whether they proved themselves.

`current` alone says which bundle serves. The journal is written before `current` is switched and says only what is true
before and after: a power cut between the two leaves an entry of a bundle that never served, ahead of the one that does,
and such entries count for nothing.
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
_LONGEST: Final = 20  # bundles and events that are remembered


class Activation(StrictModel):
    """One bundle that was given the service: since when, whether it has proved itself, how often it was started."""

    name: str
    since: datetime
    proven: bool = False
    starts: Annotated[int, Field(ge=0)] = 0


class Event(StrictModel):
    """What happened to a bundle, for people."""

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
        """The journal of a store; one that is damaged or not there is an empty one. Raises OSError."""
        try:
            return cls.model_validate_json((root / JOURNAL).read_bytes())
        except FileNotFoundError:
            return cls()
        except ValidationError:
            log.warning("%s is damaged; what served before the current model is forgotten", root / JOURNAL)
            return cls()

    def write(self, root: Path) -> None:
        """Put this journal in place of the one that is there. Raises OSError."""
        replace_file(root / JOURNAL, self.model_dump_json(indent=1).encode() + b"\n")

    def entry(self, name: str | None) -> Activation | None:
        """The entry of a bundle that served."""
        return next((one for one in self.activations if one.name == name), None)

    def before(self, name: str | None) -> Sequence[Activation]:
        """The bundles that served before this one, the newest first; of an unknown one, all others."""
        names = [one.name for one in self.activations]
        return () if name is None else self.activations[names.index(name) + 1 :] if name in names else self.activations

    def activate(self, name: str, after: str | None) -> Self:
        """The bundle `name` is to serve after another one, and has to prove itself."""
        now = datetime.now(UTC)
        old = self._from(after)
        kept = [one for one in old if one.name != name]
        return self._with([Activation(name=name, since=now), *kept], Event(at=now, what="activated", name=name))

    def count_start(self, name: str) -> Self:
        """The daemon was started with this bundle once more."""
        return self._change(name, lambda one: one.model_copy(update={"starts": one.starts + 1}))

    def reset_starts(self, name: str) -> Self:
        """The daemon ran for long with this bundle."""
        return self._change(name, lambda one: one.model_copy(update={"starts": 0}))

    def mark_proven(self, name: str) -> Self:
        """The bundle has proved itself."""
        proven = self._change(name, lambda one: one.model_copy(update={"proven": True}))
        return proven.record_event("proven", name)

    def record_event(self, what: str, name: str, reason: str = "") -> Self:
        """Something happened to a bundle."""
        event = Event.model_validate({"at": datetime.now(UTC), "what": what, "name": name, "reason": reason})
        return self._with(self.activations, event)

    def _from(self, name: str | None) -> tuple[Activation, ...]:
        """The entries of the bundle that serves and of those before it."""
        if name is None:
            return ()
        # Of a bundle that serves without an entry the journal was lost: it has served, and is no newcomer.
        mine = self.entry(name) or Activation(name=name, since=datetime.now(UTC), proven=True)
        return (mine, *self.before(name))

    def _change(self, name: str, change: Callable[[Activation], Activation]) -> Self:
        served = tuple(change(one) if one.name == name else one for one in self.activations)
        return self.model_copy(update={"activations": served})

    def _with(self, served: Sequence[Activation], event: Event) -> Self:
        events = (event, *self.events)
        return self.model_copy(update={"activations": tuple(served)[:_LONGEST], "events": events[:_LONGEST]})
