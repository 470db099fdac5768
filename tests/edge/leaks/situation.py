"""Something that is done again and again, and how its leaks are found."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.edge.leaks.usage import Usage, usage_at_rest


@dataclass(frozen=True, slots=True)
class Situation:
    """One round of it, and the process whose threads, files and memory are counted."""

    run_once: Callable[[], None]
    pid: int


OpenSituation = Callable[[], AbstractContextManager[Situation]]


def measure(open_situation: OpenSituation, *, warm_up: int, rounds: int) -> tuple[Usage, Usage]:
    """Return what the process holds after the rounds that warm it up, and after the others."""
    with open_situation() as situation:
        for _ in range(warm_up):
            situation.run_once()
        before = usage_at_rest(situation.pid)
        for _ in range(rounds):
            situation.run_once()
        return before, usage_at_rest(situation.pid, before)
