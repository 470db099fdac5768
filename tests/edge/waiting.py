"""Waiting until something is so."""

import time
from collections.abc import Callable

PATIENCE_S = 30.0


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Return as soon as it is so; after a long time, fail and say what never came."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {PATIENCE_S:.0f} s")
        time.sleep(0.01)
