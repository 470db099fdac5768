"""Arguments of `ishara-trainer report` and `compare`."""

import argparse
from functools import partial
from pathlib import Path
from typing import Final

from trainer.cli.values import report_file

_STORE: Final = "the store of the takes (default: takes.store in each run)"


def add_report(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `report`."""
    command.add_argument("run", type=Path, help="the run's folder")
    command.add_argument("others", type=Path, nargs="*", metavar="RUN", help="runs to compare it with, in a table")
    command.add_argument(
        "--to", type=report_file, metavar="FILE", help="the HTML file (default: report.html in the run's folder)"
    )
    command.add_argument("--store", type=Path, metavar="FOLDER", help=_STORE)
    command.set_defaults(validate=partial(_validate_report, command))


def add_compare(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `compare`."""
    command.add_argument("first", type=Path, metavar="RUN", help="the baseline")
    command.add_argument("second", type=Path, metavar="RUN", help="the run that is compared with it")
    command.add_argument("--store", type=Path, metavar="FOLDER", help=_STORE)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=report_file, metavar="FILE", help="also write a report with figures")


def _validate_report(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Check that the report can be written, also where no file is named."""
    if options.to is None:
        if not options.run.is_dir():
            command.error(f"there is no folder {options.run}; name the folder of a run")
        try:
            options.to = report_file(str(options.run / "report.html"))
        except argparse.ArgumentTypeError as error:
            command.error(str(error))
