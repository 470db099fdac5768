"""Arguments of `ishara-trainer review`."""

import argparse
from pathlib import Path
from typing import Final

from landmarkers.command_line import integer_from

_MAX_PORT: Final = 65535


def add_review(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `review`."""
    command.add_argument("takes", type=Path, nargs="+", metavar="TAKES", help="folders of takes")
    command.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="words to choose from beside those of the takes, such as the labels.json of a bundle",
    )
    command.add_argument(
        "--port",
        type=integer_from(0, _MAX_PORT),
        default=0,
        metavar="N",
        help="port of the page on 127.0.0.1 (default: one that is free)",
    )
