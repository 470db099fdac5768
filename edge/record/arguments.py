"""The arguments of `ishara-edge record`."""

import argparse
import re
from pathlib import Path

from edge.cameras.source_help import SOURCES_HELP


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.add_argument(
        "--word",
        action="append",
        default=[],
        metavar="WORD",
        help="عربي=English or, of a sign that the model knows, its number or word; may be given again and again",
    )
    command.add_argument("--words", type=Path, metavar="FILE", help="a file of such words, one a line")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the takes go")
    command.add_argument("--takes", type=_count, default=5, metavar="N", help="of each word (default: %(default)s)")
    command.add_argument("--signer", type=_signer, metavar="NAME", help="who signs")
    command.add_argument("--source", metavar="URI", help=SOURCES_HELP)
    command.add_argument("--model", type=Path, metavar="DIR", help="the bundle to teach, which knows the landmarks")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 to 100")
    return int(text)


def _signer(text: str) -> str:
    if not re.fullmatch(r"\w[\w.-]{0,39}", text):
        raise argparse.ArgumentTypeError(f"{text} is no name for a folder: letters, digits, dots, hyphens")
    return text
