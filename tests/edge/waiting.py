"""Waits for a condition."""

import time
from collections.abc import Callable

PATIENCE_S = 30.0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return as soon as the condition is true; fail after a long time and name what never came."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {PATIENCE_S:.0f} s")
        time.sleep(0.01)
