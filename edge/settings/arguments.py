"""The arguments of `ishara-edge config history` and `config undo`."""

import argparse


def add_arguments(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", configured: argparse.ArgumentParser
) -> None:
    """Add both actions; `configured` holds the options that each of them shares."""
    history = "list the latest changes of the settings that the page or this command has made"
    listed = actions.add_parser("history", parents=[configured], help=history, description=f"L{history[1:]}.")
    listed.add_argument("--json", action="store_true", help="print JSON")
    undone = "return to the settings before the latest change"
    actions.add_parser("undo", parents=[configured], help=undone, description=f"R{undone[1:]}.")
