"""The arguments of `ishara-edge models`."""

import argparse
from pathlib import Path


def add_arguments(command: argparse.ArgumentParser, configured: argparse.ArgumentParser) -> None:
    """Say what the command takes; `configured` takes what every action does."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    listed = actions.add_parser("list", parents=[configured], help="the installed bundles")
    listed.add_argument("--json", action="store_true", help="print JSON")

    install = actions.add_parser("install", parents=[configured], help="check a bundle and take it into the store")
    install.add_argument("path", type=Path, metavar="PATH", help="a bundle's folder, or a .tar of one")
    install.add_argument("--activate", action="store_true", help="let it serve from the next start or reload on")
    install.add_argument(
        "--allow-downgrade",
        action="store_true",
        help="take it although a later version of it, or as late a one, serves",
    )
    install.add_argument(
        "--allow-labels", action="store_true", help="take it although it reads other signs than the bundle that serves"
    )

    activate = actions.add_parser("activate", parents=[configured], help="let an installed bundle serve")
    activate.add_argument("name", metavar="NAME", help="as `list` names it")

    actions.add_parser("rollback", parents=[configured], help="let the bundle serve that served before")
