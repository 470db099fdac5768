"""The daemon with a thermal monitor that always meets something that nobody foresaw, and short pauses after that."""

from unittest.mock import patch

from edge.__main__ import program
from edge.workers.backoff import Backoff


def fail(_sysfs: object) -> None:
    raise RecursionError("maximum recursion depth exceeded")


def short_pauses(**_options: float) -> Backoff:
    return Backoff(first_s=0.01, longest_s=0.01)


if __name__ == "__main__":
    with (
        patch("edge.monitoring.thermal.read_thermal_state", fail),
        patch("edge.workers.supervised_thread.Backoff", short_pauses),
    ):
        program()
