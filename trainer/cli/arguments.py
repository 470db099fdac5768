"""The arguments of `ishara-trainer`, checked before any work begins."""

import argparse
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

from trainer.bundle.quantise import Precision
from trainer.cli import data_arguments
from trainer.cli.report_arguments import add_benchmark, add_compare, add_report
from trainer.cli.values import (
    bundle_name,
    device,
    file_to_write,
    minutes,
    share,
    sign_numbers,
    whole_number,
    whole_numbers,
)
from trainer.evaluation.streams import RestVisibility
from trainer.training.distributed import local_device, local_world_size
from trainer.training.recipe import RECIPES

# How a run is trained, unless the user says otherwise.
_TRAINING: Final[dict[str, Any]] = {
    "store": None,
    "recipe": "default",
    "epochs": None,
    "seed": 1,
    "device": local_device("cuda" if torch.cuda.is_available() else "cpu"),
    "threads": max(1, (os.cpu_count() or 1) // local_world_size()),
    "accumulate": 1,
    "compile": False,
}


def read(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, checked; ends the program with a sentence and 2 where they make no sense."""
    options = parser().parse_args(arguments)
    if "settle" in options:
        options.settle(options)
    return options


def parser() -> argparse.ArgumentParser:
    """The parser; `command` names the command in what it returns."""
    whole = argparse.ArgumentParser(prog="ishara-trainer", description="Trains and judges Ishara's models.")
    commands = whole.add_subparsers(required=True, dest="command", metavar="COMMAND")
    chosen = argparse.ArgumentParser(add_help=False)
    chosen.add_argument("--signs", type=sign_numbers, metavar="LIST", help="only these signs, for example 1-70,77")
    chosen.add_argument(
        "--workers",
        type=whole_number(1),
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes (default: %(default)s)",
    )
    data_arguments.add_extract(
        commands.add_parser("extract", parents=[chosen], help="data set to takes; run it again to go on")
    )
    data_arguments.add_import(
        commands.add_parser("import-npz", parents=[chosen], help="key points in NPZ files of 184 points to takes")
    )
    data_arguments.add_bench(commands.add_parser("bench-loader", help="how fast takes come out of a store"))
    _add_train(commands.add_parser("train", help="takes to a run; run it again to go on"))
    _add_export(commands.add_parser("export", help="run to a quantised bundle"))
    _add_evaluate(commands.add_parser("evaluate", parents=[chosen], help="how good a bundle is on unseen clips"))
    _add_stream(commands.add_parser("stream", parents=[chosen], help="how well a bundle reads running streams"))
    add_report(commands.add_parser("report", help="a run's report: one HTML file"))
    add_compare(commands.add_parser("compare", help="two runs on the takes that neither learned from"))
    add_benchmark(commands.add_parser("benchmark", help="size, speed and accuracy of bundles, in one table"))
    _add_quantise_hand(commands.add_parser("quantise-hand", help="the hand landmark network to int8"))
    return whole


def _add_train(command: argparse.ArgumentParser) -> None:
    command.add_argument("--takes", type=Path, nargs="+", default=[], metavar="FOLDER", help="folders of takes")
    command.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="where the run goes, or goes on")
    command.add_argument(
        "--from",
        dest="ancestor",
        type=Path,
        metavar="FOLDER",
        help="teach the takes to the network of this bundle or run, which keeps what it knows",
    )
    command.add_argument(
        "--from-store", type=Path, metavar="FOLDER", help="the store of that run (default: takes.store in it)"
    )
    command.add_argument(
        "--validation",
        type=share,
        default=0.15,
        metavar="SHARE",
        help="clips to hold out, chosen by name; 0 learns from all (default: %(default)s; with --from, one of each "
        "word with more than three)",
    )
    command.add_argument(
        "--hold-out", nargs="+", default=[], metavar="PATTERN", help="hold out the clips of these names instead"
    )
    command.add_argument("--leave-signer", metavar="NAME", help="hold out this signer's takes instead")
    command.add_argument("--of-signs", type=sign_numbers, metavar="LIST", help="only his takes of these signs")
    command.add_argument(
        "--patience",
        type=whole_number(1),
        metavar="N",
        help="end when the loss on what is held out has not fallen for N epochs, which lets it decide (default: never)",
    )
    _add_training(command)
    command.set_defaults(**_TRAINING | {"recipe": None, "settle": partial(_settle_train, command)})


def _settle_train(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse what makes no sense with teaching or without it, and fill in defaults."""
    if options.ancestor is None:
        if options.from_store is not None:
            command.error("--from-store is the store of a run named with --from")
        if options.patience and not (options.validation or options.hold_out or options.leave_signer):
            command.error("--patience looks at what is held out, and --validation 0 holds out nothing")
        options.recipe = options.recipe or _TRAINING["recipe"]
        return
    if options.recipe or options.hold_out or options.leave_signer or options.of_signs:
        command.error("--from teaches by its own recipe and chooses what to hold out; --validation 0 holds out nothing")
    if options.patience or options.accumulate > 1 or options.compile:
        command.error("--from teaches by its own recipe, too shortly for --patience, --accumulate or --compile")


def _add_training(command: argparse.ArgumentParser) -> None:
    """Arguments that are None unless they are given; what they are then stands in _TRAINING."""
    command.add_argument(
        "--store", type=Path, metavar="FOLDER", help="the store of the takes (default: RUN/takes.store)"
    )
    command.add_argument("--recipe", choices=sorted(RECIPES), help=f"default: {_TRAINING['recipe']}")
    command.add_argument("--epochs", type=whole_number(1), metavar="N", help="instead of the recipe's")
    command.add_argument("--seed", type=whole_number(0), metavar="N", help=f"default: {_TRAINING['seed']}")
    command.add_argument("--device", type=device, help=f"default: {_TRAINING['device']}")
    command.add_argument(
        "--threads", type=whole_number(1), metavar="N", help=f"on the CPU (default: {_TRAINING['threads']})"
    )
    command.add_argument(
        "--accumulate",
        type=whole_number(1),
        metavar="N",
        help="take each batch in N pieces, for which less memory is enough; normalises by each piece (default: 1)",
    )
    command.add_argument(
        "--compile", action="store_true", default=None, help="compile the network: minutes first, then faster steps"
    )


def _add_export(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", type=Path, help="the run's folder")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="the bundle's folder")
    command.add_argument("--name", type=bundle_name, required=True, help="the bundle's name, for example karsl-190")
    command.add_argument("--version", type=whole_number(1), default=1, metavar="N", help="default: %(default)s")
    command.add_argument("--store", type=Path, metavar="FOLDER", help="default: RUN/takes.store")
    command.add_argument(
        "--judged-by",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="runs of the recipe with clips held out; the first calibrates",
    )
    command.add_argument(
        "--precision",
        type=Precision,
        choices=list(Precision),
        default=Precision.INT8,
        help="what the network calculates with; fp32 is for comparing (default: %(default)s)",
    )
    command.add_argument(
        "--no-teaching",
        action="store_true",
        help="leave out exemplars.npz: a smaller bundle without takes, which cannot be fine-tuned",
    )
    command.add_argument(
        "--key", type=Path, metavar="FILE", help="sign the bundle with this private key (`ishara-deploy keys new`)"
    )
    command.add_argument(
        "--threshold", type=share, default=0.4, metavar="P", help="below it no word is said (default: %(default)s)"
    )


def _add_evaluate(command: argparse.ArgumentParser) -> None:
    command.add_argument("clips", type=Path, nargs="+", help="data sets, or folders of takes")
    command.add_argument("--model", type=Path, metavar="DIR", help="the bundle")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=file_to_write, metavar="FILE", help="write a report with pictures too")
    command.add_argument("--split", choices=("train", "test", "all"), help="which clips (default: test)")
    strangers = command.add_argument_group("instead of a bundle, the recipe on signers it has not seen")
    strangers.add_argument(
        "--leave-one-signer-out", action="store_true", help="train without each signer and judge on his takes"
    )
    strangers.add_argument("--run", type=Path, metavar="FOLDER", help="where the runs go, or go on")
    _add_training(command)
    command.set_defaults(settle=partial(_settle_evaluate, command))


def _settle_evaluate(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse combinations that make no sense, and fill in defaults."""
    given = [name for name in ("run", *_TRAINING) if getattr(options, name) is not None]
    if not options.leave_one_signer_out:
        if options.model is None:
            command.error("name the bundle with --model DIR, or train without each signer with --leave-one-signer-out")
        if given:
            command.error(f"--{given[0]} is for training, which only --leave-one-signer-out does")
        options.split = options.split or "test"
        return
    if options.model is not None:
        command.error("--leave-one-signer-out judges networks that it trains itself, so --model makes no sense with it")
    if options.split is not None:
        command.error("--leave-one-signer-out judges all clips of a signer, so --split makes no sense with it")
    if options.run is None:
        command.error("--leave-one-signer-out needs --run FOLDER, where its runs go")
    for name in _TRAINING.keys() - set(given):
        setattr(options, name, _TRAINING[name])


def _add_stream(command: argparse.ArgumentParser) -> None:
    command.add_argument("clips", type=Path, help="a folder of takes, or a data set")
    command.add_argument("--model", type=Path, required=True, metavar="DIR", help="the bundle")
    command.add_argument(
        "--rates", type=whole_numbers, default=(10, 15, 30), metavar="LIST", help="frames a second (default: 10,15,30)"
    )
    command.add_argument(
        "--drop", type=share, default=0.1, metavar="SHARE", help="frames that get lost (default: %(default)s)"
    )
    command.add_argument(
        "--words-per-stream", type=whole_number(1), default=10, metavar="N", help="about (default: %(default)s)"
    )
    command.add_argument("--seed", type=whole_number(0), default=1, metavar="N", help="default: %(default)s")
    command.add_argument(
        "--lap",
        type=RestVisibility,
        choices=tuple(RestVisibility),
        default=RestVisibility.MIXED,
        help="hands at rest: in view but during one-handed signs, as clips have it; kept in view then too; unseen",
    )
    command.add_argument(
        "--footage",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="clips, takes or folders without known signs",
    )
    command.add_argument(
        "--minutes", type=minutes, default=2.0, metavar="M", help="of hands at rest, for false words (default: 2)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=file_to_write, metavar="FILE", help="draw every stream")
    command.add_argument("--into-card", action="store_true", help="tell the figures in the bundle's card as well")
    command.add_argument(
        "--split", choices=("train", "test", "all"), default="test", help="which clips (default: %(default)s)"
    )


def _add_quantise_hand(command: argparse.ArgumentParser) -> None:
    command.add_argument("datasets", type=Path, nargs="+", help="data sets whose training clips show hands")
    command.add_argument("--to", type=Path, required=True, metavar="FILE", help="where the network goes")
    command.add_argument(
        "--hands", type=whole_number(30), default=400, metavar="N", help="pictures of hands (default: %(default)s)"
    )
