"""The arguments of `ishara-edge record`."""

import argparse
import re
from pathlib import Path
from typing import Final

from edge.cameras.source_help import SOURCES_HELP
from landmarkers.numbers import is_number

_MAX_TAKES: Final = 100


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    command.add_argument(
        "--word",
        action="append",
        default=[],
        metavar="WORD",
        help="عربي=English, or one word alone, or the number of a sign that the model knows; may be repeated",
    )
    command.add_argument("--words", type=Path, metavar="FILE", help="a file of such words, one a line")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="the folder for the takes")
    command.add_argument("--takes", type=_count, default=5, metavar="N", help="of each word (default: %(default)s)")
    command.add_argument("--signer", type=_signer, metavar="NAME", help="the name of the signer")
    command.add_argument("--source", metavar="URI", help=SOURCES_HELP)
    command.add_argument(
        "--model", type=Path, metavar="DIR", help="the bundle to fine-tune, which determines the landmarks"
    )


def _count(text: str) -> int:
    if not is_number(text) or not 1 <= int(text) <= _MAX_TAKES:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 to {_MAX_TAKES}")
    return int(text)


def _signer(text: str) -> str:
    if not re.fullmatch(r"\w[\w.-]{0,39}", text, re.UNICODE):  # people write their names in their own script
        raise argparse.ArgumentTypeError(f"{text} is no name for a folder; use letters, digits, dots and hyphens")
    return text
