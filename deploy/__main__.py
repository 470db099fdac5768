"""`ishara-deploy`: looks after a fleet of devices; `deploy/command.py` does what its commands say."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from gevent import monkey

from deploy.arguments import read
from deploy.inventory import InventoryInvalid
from deploy.parcel import ParcelUnusable

USER_MUST_ACT = (InventoryInvalid, ParcelUnusable)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = read(arguments)
    try:
        return _fleet(options)
    except USER_MUST_ACT as error:
        print(f"ishara-deploy: {error}", file=sys.stderr)
        return 2


def _fleet(options: argparse.Namespace) -> int:
    # Where this is a program of its own, pyinfra comes in only after sockets have become gevent's: see `program`.
    from deploy.command import act

    return act(options)


def program() -> NoReturn:
    """`main` as a process of its own, with sockets and threads that let pyinfra talk to many hosts at the same time."""
    monkey.patch_all()
    sys.exit(main())


if __name__ == "__main__":
    program()
