"""Arguments of `ishara-trainer train` and `fine-tune`, and the training options that `evaluate` shares with them."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any, Final

from landmarkers.command_line import integer_from
from trainer.cli.values import MAX_PROCESSES, RECIPE_NAMES, TRACKERS, device, fraction_below_one, sign_ids

TRAINING_OPTIONS: Final[dict[str, Any]] = {
    "store": None,
    "recipe": "default",
    "epochs": None,
    "seed": 1,
    "device": None,
    "threads": None,
    "accumulate": 1,
    "compile": False,
}
"""The training options with their defaults. None stands for a value that the recipe, the run or the machine decides."""


def add_train(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `train`."""
    _add_takes_and_run(command)
    command.add_argument(
        "--validation",
        type=fraction_below_one,
        metavar="FRACTION",
        help="clips to hold out, chosen by a hash of their names; 0 trains on all (default: the data set's validation "
        "clips, or 0.15 if it has none)",
    )
    command.add_argument(
        "--hold-out", nargs="+", default=[], metavar="PATTERN", help="hold out the clips with these names instead"
    )
    command.add_argument("--leave-signer", metavar="NAME", help="hold out the takes of this signer instead")
    command.add_argument(
        "--of-signs",
        type=sign_ids,
        metavar="LIST",
        help="with --leave-signer: only takes of these signs (default: all)",
    )
    command.add_argument(
        "--patience",
        type=integer_from(1),
        metavar="N",
        help="early stopping: end when the validation loss has not fallen for N epochs (default: never)",
    )
    add_training_options(command)
    command.set_defaults(validate=partial(_validate_train, command))


def add_fine_tune(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `fine-tune`, which has a recipe of its own and chooses what to hold out."""
    _add_parent(command, "the bundle or run whose model is fine-tuned")
    command.add_argument(
        "--from-store", type=Path, metavar="FOLDER", help="the store of that run (default: takes.store in it)"
    )
    _add_takes_and_run(command)
    command.add_argument(
        "--no-validation",
        action="store_true",
        help="train on all takes (default: hold out a quarter of the clips of each word and signer)",
    )
    _add_fine_tuning_options(command)


def add_fine_tuning_of_bundle(command: argparse.ArgumentParser) -> None:
    """Add those arguments of `fine-tune` that fine-tune a bundle and always hold takes out."""
    _add_parent(command, "the bundle whose model is fine-tuned")
    _add_takes_and_run(command)
    _add_fine_tuning_options(command)


def add_labels(command: "argparse._ActionsContainer") -> None:
    """Add the words of signs beside those that takes have."""
    command.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="words of the signs, CSV or XLSX, as for extract (default: the labels.json in the folders of takes alone)",
    )


def add_training_options(command: argparse.ArgumentParser) -> None:
    """Add the options in TRAINING_OPTIONS. They are None unless given; `set_training_defaults` fills them in."""
    _add_store_and_epochs(command)
    command.add_argument(
        "--recipe", choices=RECIPE_NAMES, help=f"training recipe (default: {TRAINING_OPTIONS['recipe']})"
    )
    _add_seed_and_device(command)
    command.add_argument(
        "--accumulate",
        type=integer_from(1),
        metavar="N",
        help="gradient accumulation: process each batch in N microbatches, which needs less memory; batch norm sees "
        f"one microbatch at a time (default: {TRAINING_OPTIONS['accumulate']})",
    )
    command.add_argument(
        "--compile",
        action="store_true",
        default=None,
        help="compile the network: takes minutes first, then makes steps faster (default: no)",
    )


def set_training_defaults(options: argparse.Namespace) -> None:
    """Set the training options that were not given to their defaults."""
    for name, default in TRAINING_OPTIONS.items():
        if getattr(options, name) is None:
            setattr(options, name, default)


def _add_parent(command: argparse.ArgumentParser, purpose: str) -> None:
    command.add_argument("--from", dest="parent", type=Path, required=True, metavar="FOLDER", help=purpose)


def _add_fine_tuning_options(command: argparse.ArgumentParser) -> None:
    _add_store_and_epochs(command)
    _add_seed_and_device(command, "1, since steps are too small for more")
    command.set_defaults(seed=TRAINING_OPTIONS["seed"])


def _add_takes_and_run(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--takes", type=Path, nargs="+", default=[], metavar="FOLDER", help="folders of takes to learn from"
    )
    add_labels(command)
    command.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="the run to start or resume")
    command.add_argument(
        "--track",
        choices=TRACKERS,
        default=TRACKERS[0],
        help="where loss and accuracy of each epoch are recorded: in the run's folder for TensorBoard; also in MLflow, "
        "at MLFLOW_TRACKING_URI or else in mlflow.db beside the run's folder; or nowhere, and then a report has no "
        "curves (default: %(default)s)",
    )


def _add_store_and_epochs(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--store", type=Path, metavar="FOLDER", help="the store of the takes (default: takes.store in the run)"
    )
    command.add_argument("--epochs", type=integer_from(1), metavar="N", help="epochs (default: the recipe's)")


def _add_seed_and_device(command: argparse.ArgumentParser, threads: str = "an equal share of the cores") -> None:
    command.add_argument(
        "--seed", type=integer_from(0), metavar="N", help=f"random seed (default: {TRAINING_OPTIONS['seed']})"
    )
    command.add_argument("--device", type=device, help="torch device (default: cuda if there is a GPU, otherwise cpu)")
    command.add_argument(
        "--threads",
        type=integer_from(1, MAX_PROCESSES),
        metavar="N",
        help=f"CPU threads (default: {threads})",
    )


def _validate_train(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if options.patience and not (options.validation != 0.0 or options.hold_out or options.leave_signer):
        command.error("--patience needs held-out clips, and --validation 0 holds out none")
    set_training_defaults(options)
