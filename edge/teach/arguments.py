"""The arguments of `ishara-edge teach`."""

import argparse

from edge.cameras.source_help import SOURCES_HELP
from landmarkers.command_line import integer_from


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    command.add_argument("--person", required=True, metavar="NAME", help="the signer, by name or pseudonym")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--word", metavar="WORD", help="the word to teach; of a known word another variant is taught")
    what.add_argument(
        "--sign", type=integer_from(0), metavar="NUMBER", help="the number of a known sign, instead of a word"
    )
    what.add_argument(
        "--calibrate", choices=("letters", "numbers", "words"), help="sign all of these once, or ten known words"
    )
    command.add_argument("--word-en", metavar="WORD", help="the English of a new word")
    command.add_argument(
        "--takes", type=integer_from(1), default=3, metavar="N", help="of the word, 1 to 10 (default: %(default)s)"
    )
    command.add_argument(
        "--purpose",
        choices=("device", "training"),
        default="device",
        help="agreed to by the signer: `device` keeps the takes on this device, `training` lets them be collected too "
        "(default: %(default)s)",
    )
    command.add_argument("--keep", action="store_true", help="keep takes that look like another sign")
    command.add_argument("--source", metavar="URI", help=SOURCES_HELP)
