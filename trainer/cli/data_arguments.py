"""Arguments of `ishara-trainer extract`, `import-npz`, `renumber`, `import-pose`, `export-pose` and `bench-loader`."""

import argparse
from functools import partial
from pathlib import Path

from landmarkers.command_line import decimal_from, integer_from, utc_time
from trainer.cli.values import (
    MAX_PROCESSES,
    SPLITS,
    positive_number,
    report_file,
    sign_number,
    signer_name,
    signer_source,
)


def add_extract(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `extract`."""
    command.add_argument(
        "dataset", type=Path, help="the folder of a data set, or a CSV list of its clips: docs/datasets.md"
    )
    add_reading(command)
    command.add_argument(
        "--variants",
        type=integer_from(0),
        default=0,
        metavar="N",
        help="augmented videos of each training clip to extract as well (default: %(default)s)",
    )
    command.add_argument("--face", action="store_true", help="also detect the 468 points of the face (default: no)")
    command.add_argument(
        "--clip-timeout",
        type=decimal_from(1, 86_400, "seconds"),
        default=60.0,
        metavar="SECONDS",
        help="give a clip up that has shown no further frame for so long (default: %(default)g)",
    )
    _add_extraction(command)


def add_extract_unknown(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `extract-unknown`."""
    command.add_argument(
        "clips", type=Path, nargs="+", metavar="CLIPS", help="clips, takes or folders of them, without known signs"
    )
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="folder for the takes")


def add_reading(command: argparse.ArgumentParser) -> None:
    """Add how a data set is read."""
    command.add_argument(
        "--signer-from",
        type=signer_source,
        metavar="WHERE",
        help="where the signer is named in a data set with a folder for each word: folder (<word>/<signer>/<clip>, "
        "which is read unasked), outer-folder (<signer>/<word>/<clip>), or a pattern of names such as '{signer}_*'",
    )
    command.add_argument(
        "--hold-out",
        default="auto",
        metavar="WHICH",
        help="which training clips become test clips: a share of each word's such as 20%%, the name of a signer, "
        "none, or auto: in a data set without a split one signer of at least three, otherwise a fifth (default: "
        "%(default)s)",
    )


def add_import(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `import-npz`."""
    command.add_argument("dataset", type=Path, help="a folder with <signer>-<train|test>/<sign>.npz")
    command.add_argument(
        "--aspect",
        type=positive_number,
        default=1.0,
        metavar="A",
        help="height over width of the images; KArSL-502 is published in squares (default: %(default)s)",
    )
    command.add_argument(
        "--rate",
        type=positive_number,
        default=30.0,
        metavar="R",
        help="frames a second (default: %(default)s, as in KArSL)",
    )
    _add_extraction(command)


def add_renumber(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `renumber`."""
    command.add_argument("takes", type=Path, metavar="FOLDER", help="a folder of takes with its labels.json")
    command.add_argument(
        "numbers",
        type=sign_number,
        nargs="+",
        metavar="OLD[=NEW]",
        help="a sign's number, and the one to give it (default: the number that follows from its word)",
    )


def add_forget(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `forget`."""
    command.add_argument("--person", type=signer_name, required=True, metavar="NAME", help="whose takes to forget")
    command.add_argument(
        "--word",
        action="append",
        default=[],
        metavar="WORD",
        help="only takes of this word, or of the sign with this number; may be repeated",
    )
    command.add_argument(
        "--after", type=utc_time, metavar="TIME", help="only takes for which the person was asked then or later (UTC)"
    )
    command.add_argument(
        "--before", type=utc_time, metavar="TIME", help="only takes for which the person was asked earlier (UTC)"
    )
    command.add_argument(
        "--takes",
        type=Path,
        nargs="+",
        required=True,
        metavar="FOLDER",
        help="folders of takes, such as those that ishara-deploy collect has filled",
    )
    command.add_argument(
        "--store",
        type=Path,
        nargs="+",
        default=[],
        metavar="STORE",
        help="stores of runs, such as runs/all/takes.store",
    )
    command.add_argument(
        "--bundles", type=Path, nargs="+", default=[], metavar="FOLDER", help="folders in which to look for bundles"
    )


def add_import_pose(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `import-pose`."""
    command.add_argument(
        "dataset", type=Path, help="a folder of .pose files in the layout of a data set, or a CSV list of them"
    )
    add_reading(command)
    _add_extraction(command)


def add_export_pose(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `export-pose`."""
    command.add_argument("takes", type=Path, help="a folder of takes")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="empty folder for the .pose files")


def add_bench_loader(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench-loader`."""
    command.add_argument(
        "folder",
        type=Path,
        help="where synthetic takes are written: 7 GB at full size, which stay until you remove the folder",
    )
    command.add_argument(
        "--takes",
        type=integer_from(100),
        default=75_300,
        metavar="N",
        help="takes in the store (default: %(default)s, as many as KArSL-502 has)",
    )
    command.add_argument(
        "--batch", type=integer_from(1), default=512, metavar="N", help="takes a batch (default: %(default)s)"
    )
    command.add_argument(
        "--seconds",
        type=positive_number,
        default=10.0,
        metavar="S",
        help="duration of each measurement (default: %(default)s)",
    )
    command.add_argument(
        "--threads", type=integer_from(1, MAX_PROCESSES), default=2, metavar="N", help="threads (default: %(default)s)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_extraction(command: argparse.ArgumentParser) -> None:
    """Add what `extract` and `import-npz` share: output, split, where the work runs and how it is reported."""
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="folder for the takes")
    command.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="words of the signs: CSV or XLSX with columns number, arabic, english (default: KARSL-502_Labels.xlsx in "
        "the data set, otherwise the words by which the data set calls its signs)",
    )
    command.add_argument("--split", choices=SPLITS, default="all", help="which clips (default: %(default)s)")
    command.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="processes of this machine, or Ray (default: %(default)s)",
    )
    command.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="address of the Ray cluster, or auto for the one this machine belongs to (default: --workers processes "
        "on this machine)",
    )
    command.add_argument("--json", action="store_true", help="print what the takes show as JSON")
    command.add_argument("--html", type=report_file, metavar="FILE", help="write a report of what the takes show")
    command.set_defaults(validate=partial(_validate_extraction, command))


def _validate_extraction(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if options.cluster is not None and options.engine != "ray":
        command.error("--cluster needs --engine ray")
