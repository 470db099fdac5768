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
from tests.homeassistant import blueprint_checks, checks, device_checks
from tests.homeassistant.broker_restarts import check_restarts
from tests.homeassistant.home_assistant import home_assistant
from tests.homeassistant.household import documented_automation, household

_WORDS: Final = 500  # for each kind of restart
_NEEDED: Final = ("entities",)  # by the others
# Each uses what those before it left.
_CHECKS: Final = {
    "entities": checks.entities,
    "words": checks.words,
    "repeated word": checks.repeated_word,
    "triggers": device_checks.triggers,
    "page": device_checks.page,
    "snapshot": device_checks.snapshot,
    "check": device_checks.check,
    "vocabulary": device_checks.vocabulary,
    "model": device_checks.model,
    "pause": checks.pause,
    "button": checks.button,
    "reply": checks.reply,
    "blueprint: announce": blueprint_checks.announce,
    "blueprint: alert": blueprint_checks.alert,
    "blueprint: reply": blueprint_checks.reply,
    "restarted Home Assistant": checks.restarted_home,
    "killed device": checks.killed_device,
    "removed page": checks.removed_page,
    "renamed device": checks.renamed_device,
    "discovery switched off": checks.discovery_off,
    "problems": device_checks.problems,
    "forget": device_checks.forget,
    "no complaints": checks.no_complaints,
}


def main() -> int:
    """Run all checks; return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.homeassistant", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian with Home Assistant")
    parser.add_argument("--restarts", type=int, default=20, help="of the broker, of each kind (default: %(default)s)")
    parser.add_argument("--words", type=int, default=_WORDS, help="during each kind of restarts (default: %(default)s)")
    parser.add_argument(
        "--only",
        default="",
        help="run the first check, and those whose names contain one of these texts, separated by commas",
    )
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
                chosen = {name: check for name, check in every.items() if _is_wanted(name, options.only)}
                return run_checks(chosen, home.log)
        finally:
            broker.stop()


def _is_wanted(name: str, only: str) -> bool:
    return name in _NEEDED or any(text in name for text in only.split(","))


if __name__ == "__main__":
    sys.exit(main())
