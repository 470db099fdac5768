"""The command-line parser of `ishara-trainer`.

Neither torch nor another heavy library is imported here, so that help, shell completion and the command reference are
quick and work on a machine without them.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from landmarkers.command_line import add_standard_options, integer_from
from landmarkers.plain_text import escape
from trainer.cli import (
    bundle_arguments,
    data_arguments,
    evaluation_arguments,
    report_arguments,
    review_arguments,
    training_arguments,
)
from trainer.cli.values import MAX_PROCESSES, sign_ids


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the arguments (by default the process's own) and check that they fit together.

    Wrong ones end the program with one sentence and exit code 2, before any work begins.
    """
    root = parser()
    for argument in sys.argv[1:] if arguments is None else arguments:
        if argument.encode(errors="replace").decode() != argument:  # records, reports and TensorBoard are UTF-8
            root.error(f"the name {escape(argument)} is not UTF-8; rename the file or folder")
    options = root.parse_args(arguments)
    if "validate" in options:
        options.validate(options)
    return options


def parser() -> argparse.ArgumentParser:
    """Return the parser of `ishara-trainer`; `command` in what it returns is the command's name."""
    root = argparse.ArgumentParser(prog="ishara-trainer", description="Trains and evaluates Ishara's models.")
    commands = root.add_subparsers(required=True, dest="command", metavar="COMMAND")
    selection = argparse.ArgumentParser(add_help=False)
    selection.add_argument(
        "--signs", type=sign_ids, metavar="LIST", help="only these signs, for example 1-70,77 (default: all)"
    )
    selection.add_argument(
        "--workers",
        type=integer_from(1, MAX_PROCESSES),
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes (default: one for each core)",
    )

    def add(name: str, purpose: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        description = f"{purpose[:1].upper()}{purpose[1:]}."
        return commands.add_parser(name, parents=parents, help=purpose, description=description)

    data_arguments.add_extract(add("extract", "turn a data set into takes; run it again to resume", selection))
    data_arguments.add_import(add("import-npz", "turn published keypoints (NPZ, 184 points) into takes", selection))
    data_arguments.add_renumber(add("renumber", "give signs in a folder of takes other numbers"))
    data_arguments.add_forget(
        add("forget", "forget a person: delete the takes, and list the bundles that were trained with them")
    )
    data_arguments.add_extract_unknown(
        add("extract-unknown", "turn clips of signs that a model shall reject into takes")
    )
    data_arguments.add_import_pose(add("import-pose", "turn key points of others (.pose files) into takes", selection))
    data_arguments.add_export_pose(add("export-pose", "turn takes into .pose files for other programs"))
    data_arguments.add_bench_loader(add("bench-loader", "measure how fast training batches are loaded from a store"))
    review_arguments.add_review(
        add("review", "serve a local page on which takes are accepted, relabelled or rejected; run it again to resume")
    )
    training_arguments.add_train(add("train", "train a model on takes; run it again to resume"))
    training_arguments.add_fine_tune(
        add("fine-tune", "fine-tune a bundle or run on new words or another signer; run it again to resume")
    )
    bundle_arguments.add_export(add("export", "turn a run into a quantised bundle"))
    bundle_arguments.add_improve(
        add("improve", "fine-tune a bundle on takes of devices, and write the new one unless it is worse anywhere")
    )
    evaluation_arguments.add_evaluate(
        add("evaluate", "measure a bundle on clips, or a recipe on unseen signers", selection)
    )
    evaluation_arguments.add_stream(add("stream", "measure a bundle on continuous signing", selection))
    report_arguments.add_report(add("report", "write the report of a run as one HTML file"))
    report_arguments.add_compare(add("compare", "compare two runs on takes that neither was trained on"))
    bundle_arguments.add_benchmark(add("benchmark", "compare size, speed and accuracy of bundles"))
    bundle_arguments.add_quantise_hand(add("quantise-hand", "quantise the hand landmark network to int8"))
    add_standard_options(root)
    return root
