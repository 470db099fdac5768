"""Runs checks on booted devices one after another and prints the result of each."""

import time
from collections.abc import Callable, Mapping

from tests.device.device import CheckFailed


def run_checks(checks: Mapping[str, Callable[[], str]], journal: Callable[[], str]) -> int:
    """Print one line for each check, and what `journal` returns before one that fails; return the exit code."""
    failed = 0
    for name, check in checks.items():
        began = time.monotonic()
        try:
            outcome, result = "PASS", check()
        except CheckFailed as error:
            outcome, result, failed = "FAIL", str(error), failed + 1
            print(journal())
        print(f"{outcome}  {name:28}{since(began):>8}  {result}", flush=True)
    print(f"{failed} of {len(checks)} checks failed." if failed else f"All {len(checks)} checks passed.")
    return 1 if failed else 0


def since(began: float) -> str:
    """Return the whole seconds since a time of the monotonic clock."""
    return f"{time.monotonic() - began:.0f} s"
