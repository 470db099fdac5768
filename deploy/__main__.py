"""`ishara-deploy`: makes keys, signs bundles, and looks after a fleet of devices, which `deploy/command.py` does."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from gevent import monkey

from deploy.arguments import read
from landmarkers.errors import UserError
from models.bundle import open_bundle
from models.keys import PrivateKey, generate_keys
from models.signature import sign


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = read(arguments)
    commands = {"keys": make_keys, "sign": sign_bundle}
    try:
        return commands.get(options.command, look_after)(options)
    except UserError as error:
        print(f"ishara-deploy: {error}", file=sys.stderr)
        return 2


def make_keys(options: argparse.Namespace) -> int:
    """Make a pair of keys."""
    private, public = generate_keys(options.to, options.name)
    print(f"{private} signs bundles: keep it secret and keep a copy, for it cannot be made again")
    print(f"{public} is what devices trust: it belongs into the folder that [model] trusted_keys names")
    return 0


def sign_bundle(options: argparse.Namespace) -> int:
    """Sign a bundle that is whole."""
    bundle = open_bundle(options.bundle)
    key = PrivateKey.read(options.key)
    sign(bundle.folder, key)
    print(f"signed {bundle.manifest.title} with the key {key.name} ({key.id})")
    return 0


def look_after(options: argparse.Namespace) -> int:
    """Do what goes to devices."""
    # Where this is a program of its own, pyinfra comes in only after sockets have become gevent's: see `program`.
    from deploy.command import act

    return act(options)


def program() -> NoReturn:
    """`main` as a process of its own, with sockets and threads that let pyinfra talk to many hosts at the same time."""
    monkey.patch_all()
    sys.exit(main())


if __name__ == "__main__":
    program()
