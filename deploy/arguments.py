"""What `ishara-deploy` takes."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_PATIENCE_S: Final = 900.0


def read(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command and its options; without arguments those of the process. Leaves with 2 and a sentence if unclear."""
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ishara-deploy", description="Looks after a fleet of devices.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    keys = commands.add_parser("keys", help="keys that sign bundles")
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a key to sign with, and the one that devices trust")
    new.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder where both are written")
    new.add_argument("--name", default="ishara", metavar="N", help="what the key is called (default: %(default)s)")

    sign = commands.add_parser("sign", help="sign a bundle")
    sign.add_argument("bundle", type=Path, metavar="BUNDLE", help="the bundle's folder")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key, NAME.key")

    _add_fleet(commands)
    return parser


def _add_fleet(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What goes to devices."""
    fleet = argparse.ArgumentParser(add_help=False)
    fleet.add_argument(
        "--inventory", type=Path, default=Path("fleet.toml"), metavar="FILE", help="the devices (default: %(default)s)"
    )
    fleet.add_argument("--only", action="append", default=[], metavar="HOST", help="this host; may be given again")
    changing = argparse.ArgumentParser(add_help=False)
    changing.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    waiting = argparse.ArgumentParser(add_help=False)
    waiting.add_argument(
        "--until",
        choices=("proved", "healthy"),
        default="proved",
        help="wait for the end of a new model's probation, or only until it is at work (default: %(default)s)",
    )
    waiting.add_argument(
        "--patience",
        type=float,
        default=_PATIENCE_S,
        metavar="S",
        help="seconds to wait for that (default: %(default)s)",
    )

    commands.add_parser("provision", parents=[fleet, changing], help="make devices of Debians; twice changes nothing")
    push = commands.add_parser(
        "push", parents=[fleet, changing, waiting], help="bring a model or a release of the program to the devices"
    )
    push.add_argument("parcel", type=Path, metavar="PARCEL", help="a bundle, a .tar of one, or a wheel ishara-….whl")
    push.add_argument("--allow-downgrade", action="store_true", help="let the devices take an older version of a model")
    push.add_argument("--allow-labels", action="store_true", help="let the devices take a model of other signs")
    status = commands.add_parser("status", parents=[fleet], help="how the devices are")
    status.add_argument("--json", action="store_true", help="print JSON")
    rollback = commands.add_parser(
        "rollback", parents=[fleet, changing, waiting], help="let the devices go back to the model before"
    )
    rollback.add_argument("--app", action="store_true", help="to the release of the program before, instead")
