"""Arguments of `ishara-trainer export`, `improve`, `benchmark` and `quantise-hand`."""

import argparse
import os
from pathlib import Path

from landmarkers.command_line import decimal_from, integer_from
from trainer.cli.training_arguments import add_fine_tuning_of_bundle
from trainer.cli.values import (
    PRECISIONS,
    SPLITS,
    bundle_name,
    card_text,
    positive_integers,
    report_file,
    sign_ids,
)


def add_export(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `export`."""
    command.add_argument("run", type=Path, help="the run's folder")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="folder of the new bundle")
    command.add_argument("--name", type=bundle_name, required=True, help="the bundle's name, for example karsl-230")
    command.add_argument(
        "--version", type=integer_from(1), default=1, metavar="N", help="the bundle's version (default: %(default)s)"
    )
    command.add_argument(
        "--store", type=Path, metavar="FOLDER", help="the store of the takes (default: takes.store in the run)"
    )
    command.add_argument(
        "--held-out-runs",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="runs of the same recipe that held clips out; their accuracy goes into the card, and the first one "
        "calibrates the temperature (default: the run itself, if it held clips out)",
    )
    command.add_argument(
        "--unknown",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="takes of signs that the model does not know and was not trained on (extract-unknown), by which it learns "
        "to reject such signs (default: none)",
    )
    command.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="int8",
        help="arithmetic of the network; fp32 is for comparison (default: %(default)s)",
    )
    command.add_argument(
        "--no-fine-tuning",
        action="store_true",
        help="leave out exemplars.npz: the bundle is smaller and holds no takes, but cannot be fine-tuned, and its "
        "signs do not move in the dictionary",
    )
    _add_card_texts(command)
    _add_key(command)
    command.add_argument(
        "--threshold",
        type=decimal_from(0, 1),
        default=0.4,
        metavar="P",
        help="confidence below which no word is emitted (default: %(default)s)",
    )


def add_improve(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `improve`."""
    add_fine_tuning_of_bundle(command)
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="folder of the new bundle")
    command.add_argument(
        "--tests",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="folders of takes whose test clips both bundles classify as well, such as the data set's (default: none)",
    )
    command.add_argument("--name", type=bundle_name, help="the new bundle's name (default: the old one's)")
    command.add_argument(
        "--version",
        type=integer_from(1),
        metavar="N",
        help="the new bundle's version (default: one after the old one's)",
    )
    _add_card_texts(command)
    _add_key(command)
    command.add_argument("--html", type=report_file, metavar="FILE", help="also write a report with figures")


def _add_key(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--key", type=Path, metavar="FILE", help="sign the bundle with this private key (`ishara-deploy keys new`)"
    )


def _add_card_texts(command: argparse.ArgumentParser) -> None:
    """Add what the model card states and the takes cannot tell."""
    command.add_argument(
        "--about",
        type=card_text,
        metavar="TEXT",
        help="where the clips come from and who made them, for the model card; @FILE reads a file (default: KArSL's "
        "clips are recognised, others count as not stated)",
    )
    command.add_argument(
        "--terms",
        type=card_text,
        metavar="TEXT",
        help="what the clips, and so the weights, may be used for, for the model card; @FILE reads a file (default: "
        "KArSL's terms for its clips, those of others count as not stated)",
    )


def add_benchmark(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `benchmark`."""
    cores = os.cpu_count() or 1
    command.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE", help="folders of bundles")
    command.add_argument(
        "--takes",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="takes to measure the accuracy on (default: none, speed only)",
    )
    command.add_argument(
        "--signs", type=sign_ids, metavar="LIST", help="only takes of these signs, for example 1-70,77 (default: all)"
    )
    command.add_argument("--split", choices=SPLITS, default="test", help="which takes (default: %(default)s)")
    command.add_argument(
        "--threads",
        type=positive_integers,
        default=(1, cores) if cores > 1 else (1,),
        metavar="LIST",
        help="numbers of threads (default: one, and one for each core)",
    )
    command.add_argument(
        "--batches", type=positive_integers, default=(1, 8, 32), metavar="LIST", help="batch sizes (default: 1,8,32)"
    )
    command.add_argument(
        "--rounds", type=integer_from(1), default=20, metavar="N", help="calls of each kind (default: %(default)s)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=report_file, metavar="FILE", help="also write a report with figures")


def add_quantise_hand(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `quantise-hand`."""
    command.add_argument("datasets", type=Path, nargs="+", help="data sets whose training clips show hands")
    command.add_argument("--to", type=Path, required=True, metavar="FILE", help="file for the quantised network")
    command.add_argument(
        "--hands",
        type=integer_from(30),
        default=400,
        metavar="N",
        help="images of hands to calibrate and check with (default: %(default)s)",
    )
