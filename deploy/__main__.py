"""`ishara-deploy`: makes keys, signs bundles, and runs the commands that connect to devices."""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NoReturn

from deploy.arguments import read
from edge.libraries import LibraryMissing
from landmarkers.errors import UserError
from models.bundle import open_bundle
from models.keys import PrivateKey, generate_keys
from models.signature import sign
from models.smoke import check_readable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    options = read(arguments)
    commands = {"keys": make_keys, "sign": sign_bundle}
    try:
        return commands.get(options.command, run_on_fleet)(options)
    except UserError as error:
        print(f"ishara-deploy: {error}", file=sys.stderr)
        return 2


def make_keys(options: argparse.Namespace) -> int:
    """Make a pair of keys."""
    private, public = generate_keys(options.to, options.name)
    print(f"{private} signs bundles: keep it secret and keep a copy, because it cannot be made again")
    print(f"{public} is what devices trust: put it into the folder that [model] trusted_keys names")
    return 0


def sign_bundle(options: argparse.Namespace) -> int:
    """Sign a bundle after checking it."""
    check_readable(options.bundle)
    bundle = open_bundle(options.bundle)
    key = PrivateKey.read(options.key)
    sign(bundle.folder, key)
    print(f"signed {bundle.manifest.title} with the key {key.name} ({key.id})")
    return 0


def run_on_fleet(options: argparse.Namespace) -> int:
    """Run a command that connects to devices. Raises LibraryMissing."""
    try:  # pyinfra is imported only after `program` has replaced sockets by gevent's.
        from deploy.command import run_on_fleet
    except ModuleNotFoundError as error:
        raise LibraryMissing(
            f"{error.name} is not installed here; run `make setup` in a clone, or install 'ishara[deploy]'"
        ) from error

    return run_on_fleet(options)


def program() -> NoReturn:
    """Run `main` as a process of its own, with gevent's sockets, so that pyinfra works on many hosts at once."""
    if find_spec("gevent") is not None:  # without it the commands that need it say so
        from gevent import monkey

        monkey.patch_all()
    sys.exit(main())


if __name__ == "__main__":
    program()
