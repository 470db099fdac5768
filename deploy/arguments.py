"""The command line of `ishara-deploy`."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge.installation.arguments import add_program_options
from landmarkers.command_line import add_standard_options, decimal_from, integer_from

_WAIT_S: Final = 900.0
_MAX_WAIT_S: Final = 7 * 24 * 3600


def read(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the arguments, by default those of the process. Ends with exit code 2 and a sentence if they are wrong."""
    return parser().parse_args(arguments)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="ishara-deploy", description="Provisions devices, and brings models and releases to them."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    keys = commands.add_parser("keys", help="make keys that sign bundles")
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a private key that signs and the public key that devices trust")
    new.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="folder for both files")
    new.add_argument("--name", default="ishara", metavar="NAME", help="name of the key (default: %(default)s)")

    sign = commands.add_parser("sign", help="sign a bundle")
    sign.add_argument("bundle", type=Path, metavar="BUNDLE", help="the bundle's folder")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key, NAME.key")

    _add_fleet(commands)
    add_standard_options(parser)
    return parser


def _add_fleet(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands that connect to devices."""
    fleet = argparse.ArgumentParser(add_help=False)
    fleet.add_argument(
        "--inventory",
        type=Path,
        default=Path("fleet.toml"),
        metavar="FILE",
        help="inventory of the devices (default: %(default)s)",
    )
    fleet.add_argument("--only", action="append", default=[], metavar="HOST", help="only this host; repeatable")
    changing = argparse.ArgumentParser(add_help=False)
    changing.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")
    waiting = argparse.ArgumentParser(add_help=False)
    waiting.add_argument(
        "--until",
        choices=("proven", "healthy"),
        default="proven",
        help="wait until a new model has passed its probation, or only until it is active (default: %(default)s)",
    )
    waiting.add_argument(
        "--timeout",
        type=decimal_from(0, _MAX_WAIT_S, "seconds"),
        default=_WAIT_S,
        metavar="SECONDS",
        help="give up waiting after this time (default: %(default)s)",
    )

    provision = commands.add_parser(
        "provision", parents=[fleet, changing], help="set up devices; a second run changes nothing"
    )
    _add_new_host(provision)
    push = commands.add_parser(
        "push", parents=[fleet, changing, waiting], help="bring a model or a release of the program to the devices"
    )
    push.add_argument(
        "artifact", type=Path, metavar="ARTIFACT", help="a bundle, a .tar of one, or a wheel ishara-….whl"
    )
    push.add_argument("--allow-downgrade", action="store_true", help="allow an older version of a model")
    push.add_argument("--allow-labels", action="store_true", help="allow a model of other signs")
    collect = commands.add_parser(
        "collect", parents=[fleet, changing], help="bring the takes that people gave for training from the devices"
    )
    collect.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="folder for the takes, in which each device has its own",
    )
    status = commands.add_parser("status", parents=[fleet], help="show the state of the devices")
    status.add_argument("--json", action="store_true", help="print JSON")
    rollback = commands.add_parser(
        "rollback", parents=[fleet, changing, waiting], help="return the devices to the previous model"
    )
    rollback.add_argument("--app", action="store_true", help="return to the previous release of the program instead")


def _add_new_host(provision: argparse.ArgumentParser) -> None:
    """Add what a device needs that is not in the inventory yet."""
    provision.add_argument(
        "host", nargs="?", metavar="[USER@]HOST", help="one device; a new one is asked about and added to the inventory"
    )
    provision.add_argument("--yes", action="store_true", help="ask nothing, and take the defaults")
    provision.add_argument("--user", metavar="NAME", help="root, or a user with sudo (default: yours)")
    provision.add_argument("--port", type=integer_from(1, 65535), metavar="PORT", help="port of SSH (default: 22)")
    provision.add_argument("--name", metavar="NAME", help="name in the inventory (default: derived from HOST)")
    provision.add_argument(
        "--ssh-key", type=Path, metavar="FILE", help="private key (default: the SSH agent's, then those in ~/.ssh)"
    )
    provision.add_argument(
        "--password-file", type=Path, metavar="FILE", help="password of the user, for the first login and for sudo"
    )
    provision.add_argument(
        "--accept-host-key",
        metavar="FINGERPRINT",
        help="trust this host key (SHA256:…), or `new`: whichever a host shows that is met for the first time",
    )
    add_program_options(provision)
