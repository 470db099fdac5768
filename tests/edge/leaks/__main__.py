"""Repeats what a device does for years, and fails if a thread, a file or memory is left over: `make test-leaks`."""

import argparse
import logging
import sys
import time
from collections.abc import Mapping
from typing import Final

from tests.edge.leaks.broker import reconnected_broker
from tests.edge.leaks.cameras import reopened_camera
from tests.edge.leaks.reloads import reloaded_daemon
from tests.edge.leaks.situation import OpenSituation, measure

SITUATIONS: Final[Mapping[str, tuple[OpenSituation, int, int]]] = {
    "camera": (reopened_camera, 150, 500),
    "broker": (reconnected_broker, 150, 1000),
    "reload": (reloaded_daemon, 40, 200),
}
"""Each situation by its name, with the number of the rounds that warm it up, and of the others."""


def main() -> int:
    """Run the named situations, or all; return 1 if one leaks."""
    logging.disable()  # each loss and return would be a line
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *SITUATIONS], help="situations (default: all)")
    leaks = []
    for name in parser.parse_args().names or SITUATIONS:
        open_situation, warm_up, rounds = SITUATIONS[name]
        began = time.monotonic()
        before, after = measure(open_situation, warm_up=warm_up, rounds=rounds)
        print(f"{name}: {rounds} rounds in {time.monotonic() - began:.0f} s: {before}; then {after}", flush=True)
        if leak := after.find_leak(before):
            leaks.append(f"{name} leaks: {leak}")
    print("\n".join(leaks) or "no leak")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
