"""What `ishara-deploy` takes."""

import argparse
from collections.abc import Sequence
from pathlib import Path


def read(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command and its options; without arguments those of the process. Leaves with 2 and a sentence if unclear."""
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ishara-deploy", description="Brings models to devices that read signs.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    keys = commands.add_parser("keys", help="keys that sign bundles")
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a key to sign with, and the one that devices trust")
    new.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder where both are written")
    new.add_argument("--name", default="ishara", metavar="N", help="what the key is called (default: %(default)s)")

    sign = commands.add_parser("sign", help="sign a bundle")
    sign.add_argument("bundle", type=Path, metavar="BUNDLE", help="the bundle's folder")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key, NAME.key")
    return parser
