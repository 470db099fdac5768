"""`ishara-landmarkers`: builds the landmark networks' task bundles, once."""

import argparse
import sys
from pathlib import Path

from landmarkers.command_line import add_standard_options
from landmarkers.task_builder import WHEEL_REQUIREMENT, ensure_tasks
from landmarkers.task_bundles import NetworksUnavailable, default_folder


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="ishara-landmarkers",
        description="Build the landmark networks' .task bundles from a wheel on the package index.",
    )
    parser.add_argument(
        "--from",
        dest="wheel",
        type=Path,
        metavar="FILE",
        help=f"the wheel of {WHEEL_REQUIREMENT}, for a machine without network",
    )
    parser.add_argument(
        "--to",
        dest="folder",
        type=Path,
        default=default_folder(),
        metavar="FOLDER",
        help="the folder for the bundles; default: %(default)s",
    )
    add_standard_options(parser)
    options = parser.parse_args(arguments)
    try:
        built = ensure_tasks(options.folder, options.wheel)
    except (NetworksUnavailable, OSError) as error:
        print(f"ishara-landmarkers: {error}", file=sys.stderr)
        return 2
    print(f"the landmark networks {'were built' if built else 'are there already'} in {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
