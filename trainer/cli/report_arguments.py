"""The arguments of `ishara-trainer report`, `compare` and `benchmark`."""

import argparse
import os
from functools import partial
from pathlib import Path
from typing import Final

from trainer.cli.values import file_to_write, sign_numbers, whole_number, whole_numbers

_STORE: Final = "the store of the takes (default: takes.store in each run)"


def add_report(command: argparse.ArgumentParser) -> None:
    """What to write a run's report of, and where to."""
    command.add_argument("run", type=Path, help="the run's folder")
    command.add_argument("others", type=Path, nargs="*", metavar="RUN", help="runs to hold beside it, in a table")
    command.add_argument("--to", type=file_to_write, metavar="FILE", help="default: report.html in the run's folder")
    command.add_argument("--store", type=Path, metavar="FOLDER", help=_STORE)
    command.set_defaults(settle=partial(_settle_report, command))


def _settle_report(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """See that the report can be written where it goes unless another place is named."""
    if options.to is None:
        try:
            options.to = file_to_write(str(options.run / "report.html"))
        except argparse.ArgumentTypeError as error:
            command.error(str(error))


def add_compare(command: argparse.ArgumentParser) -> None:
    """Two runs, and how to tell of them."""
    command.add_argument("first", type=Path, metavar="RUN", help="the run that is compared with")
    command.add_argument("second", type=Path, metavar="RUN", help="the run that is compared")
    command.add_argument("--store", type=Path, metavar="FOLDER", help=_STORE)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=file_to_write, metavar="FILE", help="write a report with pictures too")


def add_benchmark(command: argparse.ArgumentParser) -> None:
    """Bundles, and what to measure of them."""
    cores = os.cpu_count() or 1
    threads = (1, cores) if cores > 1 else (1,)
    command.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE", help="folders of bundles")
    command.add_argument(
        "--takes", type=Path, nargs="+", default=[], metavar="FOLDER", help="takes to read as well, for the accuracy"
    )
    command.add_argument("--signs", type=sign_numbers, metavar="LIST", help="only takes of these, for example 1-70,77")
    command.add_argument(
        "--split", choices=("train", "test", "all"), default="test", help="which takes (default: %(default)s)"
    )
    command.add_argument(
        "--threads",
        type=whole_numbers,
        default=threads,
        metavar="LIST",
        help=f"default: {','.join(map(str, threads))}, one and as many as there are cores",
    )
    command.add_argument(
        "--batches", type=whole_numbers, default=(1, 8, 32), metavar="LIST", help="takes a call (default: 1,8,32)"
    )
    command.add_argument(
        "--rounds", type=whole_number(1), default=20, metavar="N", help="calls of each kind (default: %(default)s)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=file_to_write, metavar="FILE", help="write a report with pictures too")
