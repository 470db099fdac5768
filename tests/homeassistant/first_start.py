"""Starts Home Assistant for the first time, so that it installs what its integrations need."""

import sys
from pathlib import Path
from typing import Final

from tests.homeassistant.home_assistant import HomeAssistant

_PATIENCE_S: Final = 600.0


def main() -> None:
    """Start it in the Debian that the argument names, and stop it."""
    first = HomeAssistant(Path(sys.argv[1]), "/srv/first")
    try:
        first.start(may_install=True, patience_s=_PATIENCE_S)
    finally:
        first.stop()


if __name__ == "__main__":
    main()
