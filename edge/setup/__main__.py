"""Runs one of the checks of set-up as a program: `python -m edge.setup CHECK`, with its argument on standard input.

Prints what it found as JSON on one line. Passwords come through the pipe: everybody on a machine may read arguments.
"""

import sys
from collections.abc import Callable
from typing import Final

from edge.lifecycle.exit import exit_process
from landmarkers.plain_text import one_sentence


def _search_cameras(_argument: str) -> str:
    from edge.setup.camera_search import FOUND, search_cameras

    return FOUND.dump_json(search_cameras()).decode()


def _search_brokers(_argument: str) -> str:
    from edge.setup.broker_search import FOUND, search_brokers

    return FOUND.dump_json(search_brokers()).decode()


def _try_broker(argument: str) -> str:
    from edge.setup.broker_trial import try_broker
    from edge.setup.state import TrialResult

    outcome, detail = try_broker(argument)
    return TrialResult(outcome=outcome, detail=None if detail is None else one_sentence(detail)).model_dump_json()


CHECKS: Final[dict[str, Callable[[str], str]]] = {
    "cameras": _search_cameras,
    "brokers": _search_brokers,
    "broker": _try_broker,
}


def main() -> int:
    """Run one check and return the exit code."""
    print(CHECKS[sys.argv[1]](sys.stdin.read()))
    return 0


if __name__ == "__main__":
    exit_process(main())
