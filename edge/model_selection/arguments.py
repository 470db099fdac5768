"""The arguments of `ishara-edge models`."""

import argparse
from pathlib import Path


def add_arguments(command: argparse.ArgumentParser, configured: argparse.ArgumentParser) -> None:
    """Add the actions of the command; `configured` holds the options that each of them shares."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    listed = actions.add_parser("list", parents=[configured], help="list the installed bundles")
    listed.add_argument("--json", action="store_true", help="print JSON")

    install = actions.add_parser("install", parents=[configured], help="check a bundle and install it in the store")
    install.add_argument("path", type=Path, metavar="PATH", help="a bundle's folder, or a .tar of one")
    install.add_argument("--activate", action="store_true", help="make it active from the next start or reload")
    install.add_argument(
        "--allow-downgrade", action="store_true", help="accept it although the same or a later version of it is active"
    )
    install.add_argument(
        "--allow-labels", action="store_true", help="accept it although it recognises other signs than the active one"
    )

    activate = actions.add_parser("activate", parents=[configured], help="make an installed bundle active")
    activate.add_argument("name", metavar="NAME", help="as `list` prints it; `shipped` is the shipped one")

    removed = actions.add_parser("remove", parents=[configured], help="delete an installed bundle that is not active")
    removed.add_argument("name", metavar="NAME", help="as `list` prints it")

    actions.add_parser("rollback", parents=[configured], help="make the previously active bundle active again")
