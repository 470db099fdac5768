"""Starts a real Home Assistant and a broker, and checks what it shows of a device."""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Final

from tests.device.check_runner import run_checks, since
from tests.edge.mosquitto import Mosquitto
from tests.homeassistant.broker_restarts import check_restarts
from tests.homeassistant.home_assistant import home_assistant

_WORDS: Final = 500  # for each kind of restart


def main() -> int:
    """Run all checks; return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.homeassistant", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian with Home Assistant")
    parser.add_argument("--restarts", type=int, default=20, help="of the broker, of each kind (default: %(default)s)")
    parser.add_argument("--words", type=int, default=_WORDS, help="during each kind of restarts (default: %(default)s)")
    parser.add_argument("--only", help="run only the checks whose names contain this text")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ishara-homeassistant-") as name:
        folder = Path(name)
        broker = Mosquitto(folder)
        broker.start()
        try:
            with home_assistant(options.root, "/srv/home", broker.port) as home:
                print(f"Home Assistant {home.get('/api/config')['version']} is up after {since(began)}", flush=True)
                restarts = partial(check_restarts, home, broker, folder, count=options.restarts, words=options.words)
                checks = {
                    "clean restarts of the broker": partial(restarts, "clean"),
                    "forgetful restarts of the broker": partial(restarts, "forgetful"),
                }
                wanted = {name: check for name, check in checks.items() if (options.only or "") in name}
                return run_checks(wanted, home.log)
        finally:
            broker.stop()


if __name__ == "__main__":
    sys.exit(main())
