"""Runs `ishara-trainer forget`."""

import argparse
import sys
from datetime import UTC, datetime

from models.forgotten import Limits
from models.words import find_numbers
from trainer.data.erasure import ForgottenPerson, forget
from trainer.data.extract import TAKES
from trainer.data.trained_bundles import TrainedBundle, find_bundles
from trainer.targets import TargetRefused, check_folder


def run_forget(options: argparse.Namespace) -> int:
    """Forget a person's takes, and list the bundles that were trained with them."""
    for folder in (*options.takes, *options.bundles):
        if not folder.is_dir():  # else nobody would be found in it
            raise TargetRefused(f"{folder} is not a folder; name one that is there")
    for folder in options.takes:
        check_folder(folder, TAKES)
    limits = Limits(signs=find_numbers(options.takes, options.word), after=options.after, before=options.before)
    person = ForgottenPerson(options.person, limits)
    erasure = forget(person, options.takes, options.store, datetime.now(UTC))
    bundles, unclear = find_bundles(options.bundles, person, erasure.consents)
    for folder, takes in erasure.takes.items():
        print(f"forgot {_count(takes)} of {person.name} in {folder}, into which none will be collected again")
    for store, rows in erasure.rows.items():
        print(f"forgot {_count(rows)} of {person.name} in the store {store}")
    if options.bundles:
        print(_list(bundles, person.name))
    for sentence in (*erasure.unreadable, *unclear):
        print(f"ishara-trainer: {sentence}", file=sys.stderr)
    return 1 if erasure.unreadable or unclear else 0


def _count(takes: int) -> str:
    return f"{takes} take{'' if takes == 1 else 's'}"


def _list(bundles: list[TrainedBundle], name: str) -> str:
    if not bundles:
        return f"no bundle was trained with takes of {name}"
    lines = [f"trained with takes of {name}; train and export anew, and bring the new ones to the devices:"]
    for one in bundles:
        held = f", holds {one.exemplars} of them as exemplars" if one.exemplars else ""
        lines.append(f"  {one.title} in {one.folder}{held}")
    return "\n".join(lines)
