"""The daemon with a thermal monitor that always meets something that nobody foresaw, and short pauses after that."""

from pathlib import Path
from typing import NoReturn

import edge.monitoring.thermal
import edge.workers.supervised_thread
from edge.__main__ import program
from edge.workers.backoff import Backoff


def fail(_sysfs: Path) -> NoReturn:
    raise RecursionError("maximum recursion depth exceeded")


def short_pauses(**_options: float) -> Backoff:
    return Backoff(first_s=0.01, longest_s=0.01)


if __name__ == "__main__":
    edge.monitoring.thermal.read_thermal_state = fail
    edge.workers.supervised_thread.Backoff = short_pauses  # type: ignore[assignment,misc]
    program()
