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
from tests.homeassistant import checks
from tests.homeassistant.broker_restarts import check_restarts
from tests.homeassistant.home_assistant import home_assistant
from tests.homeassistant.household import documented_automation, household

_WORDS: Final = 500  # for each kind of restart
# Each uses what those before it left.
_CHECKS: Final = {
    "entities": checks.entities,
    "words": checks.words,
    "repeated word": checks.repeated_word,
    "pause": checks.pause,
    "button": checks.button,
    "reply": checks.reply,
    "restarted Home Assistant": checks.restarted_home,
    "killed device": checks.killed_device,
    "removed page": checks.removed_page,
    "renamed device": checks.renamed_device,
    "discovery switched off": checks.discovery_off,
    "no complaints": checks.no_complaints,
}


def main() -> int:
    """Run all checks; return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.homeassistant", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian with Home Assistant")
    parser.add_argument("--restarts", type=int, default=20, help="of the broker, of each kind (default: %(default)s)")
    parser.add_argument("--words", type=int, default=_WORDS, help="during each kind of restarts (default: %(default)s)")
    parser.add_argument("--only", default="", help="run only the checks whose names contain this text")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ishara-homeassistant-") as name:
        folder = Path(name)
        broker = Mosquitto(folder)
        broker.start()
        try:
            with (
                home_assistant(options.root, "/srv/home", broker.port, documented_automation()) as home,
                household(home, broker, folder) as house,
            ):
                print(f"Home Assistant {home.get('/api/config')['version']} is up after {since(began)}", flush=True)
                restarts = partial(check_restarts, home, broker, folder, count=options.restarts, words=options.words)
                every = {name: partial(check, house) for name, check in _CHECKS.items()} | {
                    "broker that retains nothing": partial(
                        checks.nothing_retained, options.root, folder / "retains-nothing"
                    ),
                    "clean restarts of the broker": partial(restarts, "clean"),
                    "forgetful restarts of the broker": partial(restarts, "forgetful"),
                }
                return run_checks({name: check for name, check in every.items() if options.only in name}, home.log)
        finally:
            broker.stop()


if __name__ == "__main__":
    sys.exit(main())
