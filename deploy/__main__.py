"""`ishara-deploy`: looks after a fleet of devices; `deploy/command.py` does what its commands say."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from gevent import monkey

from deploy.arguments import read
from deploy.inventory import InventoryInvalid
from deploy.parcel import ParcelUnusable
from models.bundle import BundleRefused
from models.keys import KeyUnusable, PrivateKey, new_keys
from models.signature import sign

USER_MUST_ACT = (BundleRefused, InventoryInvalid, KeyUnusable, ParcelUnusable)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = read(arguments)
    try:
        if options.command == "keys":
            private, public = new_keys(options.to, options.name)
            print(f"{private} signs and is to be kept secret; {public} is what devices are to trust")
            return 0
        if options.command == "sign":
            print(f"signed: {sign(options.bundle, PrivateKey.read(options.key))}")
            return 0
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
