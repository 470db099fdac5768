"""Tries check by check on booted devices, and tells of each."""

import time
from collections.abc import Callable, Mapping

from tests.device.device import CheckFailed


def try_all(checks: Mapping[str, Callable[[], str]], journal: Callable[[], str]) -> int:
    """Print a line a check, and after one that fails what `journal` gives; returns the exit code."""
    failed = 0
    for name, check in checks.items():
        began = time.monotonic()
        try:
            outcome, seen = "PASS", check()
        except CheckFailed as error:
            outcome, seen, failed = "FAIL", str(error), failed + 1
            print(journal())
        print(f"{outcome}  {name:28}{since(began):>8}  {seen}", flush=True)
    print(f"{failed} of {len(checks)} checks failed." if failed else f"All {len(checks)} checks passed.")
    return 1 if failed else 0


def since(began: float) -> str:
    """Whole seconds since a moment on the monotonic clock."""
    return f"{time.monotonic() - began:.0f} s"
