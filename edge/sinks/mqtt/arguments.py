"""The arguments of `ishara-edge mqtt`."""

import argparse
import re


def add_arguments(command: argparse.ArgumentParser, configured: argparse.ArgumentParser) -> None:
    """Add the actions of the command; `configured` holds the options that each of them shares."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    summary = "clear what the broker keeps of this device, which removes it from Home Assistant"
    forget = actions.add_parser(
        "forget",
        parents=[configured],
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. Stop the daemon first.",
    )
    forget.add_argument("--device", type=_device, metavar="NAME", help="an earlier name (default: the configured one)")
    forget.add_argument(
        "--broker",
        metavar="HOST[:PORT]",
        help="a broker of before, to which the configured login applies (default: the configured one)",
    )


def _device(name: str) -> str:
    if re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,62}", name) is None:
        raise argparse.ArgumentTypeError(f"{name!r} is no name of a device")
    return name
