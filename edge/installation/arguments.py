"""The command line of `ishara-edge setup`."""

import argparse
from pathlib import Path


def add_arguments(setup: argparse.ArgumentParser) -> None:
    """Add the options of `ishara-edge setup`."""
    setup.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")
    setup.add_argument(
        "--no-start",
        action="store_true",
        help="enable the service without starting it, as in a folder for a card image",
    )
    add_program_options(setup)


def add_program_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say where the program and its dependencies come from."""
    command.add_argument("--wheel", type=Path, metavar="FILE", help="the program (default: this installation's own)")
    command.add_argument("--lock", type=Path, metavar="FILE", help="versions and hashes of its dependencies")
    command.add_argument(
        "--wheelhouse", type=Path, metavar="FOLDER", help="their wheels, for a device without a package index"
    )
