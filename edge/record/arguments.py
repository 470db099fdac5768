"""The arguments of `ishara-edge record`."""

import argparse
import re
from pathlib import Path
from typing import Final

from edge.cameras.source_help import SOURCES_HELP
from landmarkers.command_line import integer_from

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
    command.add_argument(
        "--takes", type=integer_from(1, _MAX_TAKES), default=5, metavar="N", help="of each word (default: %(default)s)"
    )
    command.add_argument("--signer", type=_signer, metavar="NAME", help="the name of the signer")
    command.add_argument("--source", metavar="URI", help=SOURCES_HELP)
    command.add_argument(
        "--model", type=Path, metavar="DIR", help="the bundle to fine-tune, which determines the landmarks"
    )


def _signer(text: str) -> str:
    if not re.fullmatch(r"\w[\w.-]{0,39}", text, re.UNICODE):  # people write their names in their own script
        raise argparse.ArgumentTypeError(f"{text} is no name for a folder; use letters, digits, dots and hyphens")
    return text
