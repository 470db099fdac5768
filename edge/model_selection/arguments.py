"""The arguments of `ishara-edge models`."""

import argparse
from pathlib import Path


def add_arguments(command: argparse.ArgumentParser, configured: argparse.ArgumentParser) -> None:
    """Add the actions of the command; `configured` holds the options that each of them shares."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        described = f"{summary[0].upper()}{summary[1:]}."
        return actions.add_parser(name, parents=[configured], help=summary, description=described)

    listed = add("list", "list the installed bundles")
    listed.add_argument("--json", action="store_true", help="print JSON")

    install = add("install", "check a bundle and install it in the store")
    install.add_argument("path", type=Path, metavar="PATH", help="a bundle's folder, or a .tar of one")
    install.add_argument("--activate", action="store_true", help="make it active from the next start or reload")
    install.add_argument(
        "--allow-downgrade", action="store_true", help="accept it although the same or a later version of it is active"
    )
    install.add_argument(
        "--allow-labels", action="store_true", help="accept it although it recognises other signs than the active one"
    )

    activate = add("activate", "make an installed bundle active")
    activate.add_argument("name", metavar="NAME", help="as `list` prints it; `shipped` is the shipped one")

    removed = add("remove", "delete an installed bundle that is not active")
    removed.add_argument("name", metavar="NAME", help="as `list` prints it")

    add("rollback", "make the previously active bundle active again")
