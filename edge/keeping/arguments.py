"""The arguments of `ishara-edge learning`."""

import argparse
from pathlib import Path
from typing import Final

from landmarkers.command_line import integer_from, utc_time
from landmarkers.person import Purpose, read_person

MAX_MINUTES: Final = 480
"""That of edge/requests/payloads.py, which would load pydantic; a test compares them."""


def add_arguments(command: argparse.ArgumentParser, configured: argparse.ArgumentParser) -> None:
    """Add the actions of the command; `configured` holds the options that each of them shares."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    listed = _action(actions, "list", "list the takes that are kept, and their consents", configured)
    _add_limits(listed, "list only")
    listed.add_argument("--json", action="store_true", help="print JSON, with each take and its consent")

    forget = _action(actions, "forget", "delete takes, and what was learned from them", configured)
    _add_limits(forget, "delete only")
    forget.add_argument("--all", action="store_true", help="delete everything that is kept")

    consent = _action(actions, "consent", "begin or end the keeping of a person's takes, or show it", configured)
    consent.add_argument("--person", type=_person, metavar="NAME", help="who agrees, by name or pseudonym")
    consent.add_argument(
        "--purpose",
        choices=[*Purpose],
        default=Purpose.DEVICE.value,
        help="`device` keeps the takes on this device, `training` lets them be collected too (default: %(default)s)",
    )
    consent.add_argument(
        "--minutes",
        type=integer_from(1, MAX_MINUTES),
        default=30,
        metavar="N",
        help="how long takes are kept (default: %(default)s)",
    )
    consent.add_argument("--stop", action="store_true", help="keep nothing from now on")

    _action(actions, "undo", "return to the version before of what was learned", configured)
    for name, summary in (
        ("export", "write what was learned to a file, to restore the device"),
        ("import", "learn from such a file too, as far as the consents in it allow"),
    ):
        _action(actions, name, summary, configured).add_argument("file", type=Path, metavar="FILE", help="an .npz file")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    configured: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    description = f"{summary[0].upper()}{summary[1:]}."
    return actions.add_parser(name, parents=[configured], help=summary, description=description)


def _add_limits(action: argparse.ArgumentParser, verb: str) -> None:
    action.add_argument("--person", type=_person, metavar="NAME", help=f"{verb} takes of this person")
    action.add_argument(
        "--word",
        action="append",
        default=[],
        metavar="WORD",
        help=f"{verb} takes of this word, or of the sign with this number; may be repeated",
    )
    action.add_argument(
        "--after",
        type=utc_time,
        metavar="TIME",
        help=f"{verb} takes for which the person was asked then or later (UTC)",
    )
    action.add_argument(
        "--before", type=utc_time, metavar="TIME", help=f"{verb} takes for which the person was asked earlier (UTC)"
    )


def _person(text: str) -> str:
    try:
        return read_person(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
