"""Arguments of `ishara-trainer evaluate` and `stream`."""

import argparse
from functools import partial
from pathlib import Path

from landmarkers.command_line import decimal_from, integer_from
from trainer.cli.data_arguments import add_reading
from trainer.cli.training_arguments import TRAINING_OPTIONS, add_labels, add_training_options, set_training_defaults
from trainer.cli.values import (
    REST_VISIBILITIES,
    SPLITS,
    fraction_below_one,
    positive_integers,
    report_file,
)


def add_evaluate(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate`."""
    command.add_argument("clips", type=Path, nargs="+", help="data sets, or folders of takes")
    command.add_argument("--model", type=Path, metavar="DIR", help="the bundle")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=report_file, metavar="FILE", help="also write a report with figures")
    command.add_argument("--split", choices=SPLITS, help="which clips (default: test)")
    command.add_argument(
        "--conditions",
        action="store_true",
        help="also change the clips: dark, blurred, far, tilted, at 10 frames a second, and black and white (default: "
        "no)",
    )
    command.add_argument(
        "--open-set",
        type=Path,
        nargs="+",
        metavar="PATH",
        help="instead measure the words said on these clips, takes or folders of unknown signs, and those said on "
        "the known ones; takes of signs that the bundle knows are left out (default: none)",
    )
    command.add_argument(
        "--teach",
        type=integer_from(1),
        metavar="N",
        help="instead measure what teaching on a device gains: of each sign of which a signer has more takes, N are "
        "taught, and the others, old signs and the clips of --open-set judged (default: none)",
    )
    command.add_argument(
        "--draws",
        type=integer_from(1),
        default=4,
        metavar="N",
        help="with --teach: random draws of the taught takes (default: %(default)s)",
    )
    add_reading(command)
    unseen = command.add_argument_group("instead of a bundle, a recipe on signers that were not trained on")
    unseen.add_argument(
        "--leave-one-signer-out",
        action="store_true",
        help="for each signer, train without that signer and evaluate on that signer's takes",
    )
    unseen.add_argument(
        "--rotate-signers",
        action="store_true",
        default=None,
        help="with --leave-one-signer-out: leave one signer out of each sign, in rotation, so that the "
        "other signs of this signer stay in training (default: leave the signer out of all signs)",
    )
    unseen.add_argument(
        "--seeds",
        type=positive_integers,
        metavar="LIST",
        help="with --leave-one-signer-out: train with each of these random seeds, for a mean (default: --seed alone)",
    )
    unseen.add_argument("--run", type=Path, metavar="FOLDER", help="folder of the runs to start or resume")
    add_labels(unseen)
    add_training_options(command)
    command.set_defaults(validate=partial(_validate_evaluate, command))


def add_stream(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `stream`."""
    command.add_argument("clips", type=Path, nargs="+", help="folders of takes, or data sets")
    command.add_argument("--model", type=Path, required=True, metavar="DIR", help="the bundle")
    _add_streams(command)
    command.add_argument(
        "--footage",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="clips, takes or folders without known signs, to count false positives (default: none)",
    )
    command.add_argument(
        "--minutes",
        type=decimal_from(0, 600, "minutes"),
        default=2.0,
        metavar="M",
        help="minutes of resting hands, to count false positives (default: 2)",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=report_file, metavar="FILE", help="write a report that draws every stream")
    command.add_argument("--into-card", action="store_true", help="add the figures to the bundle's card (default: no)")
    command.add_argument("--split", choices=SPLITS, default="test", help="which clips (default: %(default)s)")
    add_reading(command)


def _add_streams(command: argparse.ArgumentParser) -> None:
    """Add what the streams are made of."""
    command.add_argument(
        "--rates",
        type=positive_integers,
        default=(10, 15, 30),
        metavar="LIST",
        help="frame rates, in frames a second (default: 10,15,30)",
    )
    command.add_argument(
        "--drop",
        type=fraction_below_one,
        default=0.1,
        metavar="FRACTION",
        help="frames that get lost (default: %(default)s)",
    )
    command.add_argument(
        "--words-per-stream",
        type=integer_from(1),
        default=10,
        metavar="N",
        help="signs in a stream, at most (default: %(default)s)",
    )
    command.add_argument(
        "--lines",
        type=integer_from(1, 10_000),
        metavar="N",
        help="instead compose the text of so many streams of words, a spelled name and a number, without rest between "
        "them (default: none)",
    )
    command.add_argument(
        "--mix-signers",
        action="store_true",
        help="draw the signs of each stream from all signers, moved onto the same shoulders (default: from one)",
    )
    command.add_argument(
        "--seed", type=integer_from(0), default=1, metavar="N", help="random seed (default: %(default)s)"
    )
    command.add_argument(
        "--rest-visible",
        choices=REST_VISIBILITIES,
        default="mixed",
        help="when resting hands are in view: mixed, as in the recordings, where one-handed signs lack the idle hand; "
        "always; or never (default: %(default)s)",
    )


def _validate_evaluate(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse combinations that make no sense, and fill in defaults."""
    if options.leave_one_signer_out:
        _validate_recipe(command, options)
        set_training_defaults(options)
        return
    training = ("run", "labels", "rotate_signers", "seeds", *TRAINING_OPTIONS)
    given = [name.replace("_", "-") for name in training if getattr(options, name) is not None]
    if options.model is None:
        command.error("name the bundle with --model DIR, or train without each signer with --leave-one-signer-out")
    if given:
        command.error(f"--{given[0]} is a training option, which needs --leave-one-signer-out")
    if options.conditions and options.open_set:
        command.error("--conditions and --open-set are two evaluations; give one of them")
    if options.conditions and options.html is not None:
        command.error("--conditions writes no report with figures, so --html cannot be given with it")
    if options.teach and (options.conditions or options.html is not None):
        name = "--conditions" if options.conditions else "--html"
        command.error(f"--teach prints a table of its own, so {name} cannot be given with it")
    options.split = options.split or ("all" if options.teach else "test")


def _validate_recipe(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse what does not fit --leave-one-signer-out."""
    if options.conditions or options.open_set or options.teach:
        name = "--conditions" if options.conditions else "--open-set" if options.open_set else "--teach"
        command.error(f"{name} evaluates a bundle, so --leave-one-signer-out cannot be given with it")
    if options.model is not None:
        command.error("--leave-one-signer-out trains its own models, so --model cannot be given with it")
    if options.split is not None:
        command.error("--leave-one-signer-out evaluates all clips of a signer, so --split cannot be given with it")
    if options.run is None:
        command.error("--leave-one-signer-out needs --run FOLDER for its runs")
    if options.seeds is not None and options.seed is not None:
        command.error("--seeds names all seeds, so --seed cannot be given with it")
