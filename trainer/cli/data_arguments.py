"""The arguments of the commands that make takes and stores of them."""

import argparse
from functools import partial
from pathlib import Path

from trainer.cli.values import above_zero, file_to_write, whole_number


def add_extract(command: argparse.ArgumentParser) -> None:
    """Those of `extract`."""
    command.add_argument("dataset", type=Path, help="a data set in KArSL's layout, or a folder of <sign>.mp4")
    command.add_argument(
        "--variants",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="other views of each training clip (default: %(default)s)",
    )
    command.add_argument("--face", action="store_true", help="find the face's 468 points as well")
    _add_spread(command)


def add_import(command: argparse.ArgumentParser) -> None:
    """Those of `import-npz`."""
    command.add_argument("dataset", type=Path, help="a folder with <signer>-<train|test>/<sign>.npz")
    command.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="KARSL-502_Labels.xlsx (default: the one in the folder or in one beside it)",
    )
    command.add_argument(
        "--aspect",
        type=above_zero,
        default=1.0,
        metavar="A",
        help="height over width of the pictures; KArSL-502 is handed out in squares (default: %(default)s)",
    )
    command.add_argument(
        "--rate", type=above_zero, default=30.0, metavar="R", help="frames a second (default: %(default)s, KArSL's)"
    )
    _add_spread(command)


def add_bench(command: argparse.ArgumentParser) -> None:
    """Those of `bench-loader`."""
    command.add_argument(
        "folder", type=Path, help="where made-up takes go: at full size 7 GB, which stay until you remove the folder"
    )
    command.add_argument(
        "--takes", type=whole_number(100), default=75_300, metavar="N", help="default: %(default)s, KArSL-502's"
    )
    command.add_argument("--batch", type=whole_number(1), default=512, metavar="N", help="default: %(default)s")
    command.add_argument(
        "--seconds", type=above_zero, default=10.0, metavar="S", help="of each measurement (default: %(default)s)"
    )
    command.add_argument("--threads", type=whole_number(1), default=2, metavar="N", help="default: %(default)s")
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_spread(command: argparse.ArgumentParser) -> None:
    """Where takes go, of which split, who makes them and how it is told."""
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the takes go")
    command.add_argument(
        "--split", choices=("train", "test", "all"), default="all", help="which clips (default: %(default)s)"
    )
    command.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="processes of this machine, or Ray (default: %(default)s)",
    )
    command.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="of the Ray cluster, or auto for the one this machine belongs to (default: --workers processes here)",
    )
    command.add_argument("--json", action="store_true", help="print what was seen as JSON")
    command.add_argument("--html", type=file_to_write, metavar="FILE", help="write a report of what was seen")
    command.set_defaults(settle=partial(_settle_spread, command))


def _settle_spread(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse a cluster for what does not run on one."""
    if options.cluster is not None and options.engine != "ray":
        command.error("--cluster is that of --engine ray")
