"""Arguments of `ishara-edge speech`."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("text", metavar="TEXT", help="what to say")
    parser.add_argument("--wav", type=Path, metavar="FILE", help="write what would be heard to this file instead")
