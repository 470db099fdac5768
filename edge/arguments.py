"""What `ishara-edge` takes."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from edge.cameras.source import SOURCES_HELP
from edge.model_selection import arguments as models_arguments
from edge.record import arguments as record_arguments
from edge.sinks.captions import arguments as captions_arguments


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command and its options; without arguments those of the process. Leaves with 2 and a sentence if unclear."""
    return parser().parse_args(arguments)


def parser() -> argparse.ArgumentParser:
    """Return the command line parser of `ishara-edge`."""
    root = argparse.ArgumentParser(prog="ishara-edge", description="Reads Arabic sign language from a camera.")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    configured = argparse.ArgumentParser(add_help=False)
    configured.add_argument("--config", type=Path, metavar="FILE", help="TOML file; ISHARA_… variables override it")

    run = commands.add_parser("run", parents=[configured], help="turn a camera's signs into words")
    _add_source_and_model(run)
    run.add_argument("--jsonl", action="store_true", help="print words as JSON, one event a line")
    run.add_argument(
        "--pace",
        choices=("realtime", "fast"),
        default="realtime",
        help="fast plays a recording as quickly as it can be processed, on its own clock (default: %(default)s)",
    )
    run.add_argument(
        "--exit-at-end", action="store_true", help="leave when the source ends; otherwise it is started or tried again"
    )

    record = commands.add_parser("record", parents=[configured], help="record takes of words, to teach them to a model")
    record_arguments.add_arguments(record)

    bench = commands.add_parser(
        "bench", parents=[configured], help="measure the pipeline against the reference way, in one run"
    )
    bench.add_argument("--source", type=Path, nargs="+", required=True, metavar="CLIP", help="clips to measure on")
    _add_model(bench)
    bench.add_argument("--json", action="store_true", help="print JSON")

    doctor = commands.add_parser(
        "doctor", parents=[configured], help="look this device over and say what is wrong and what to do"
    )
    _add_source_and_model(doctor)
    doctor.add_argument("--json", action="store_true", help="print JSON")

    captions = commands.add_parser(
        "captions", parents=[configured], help="draw a picture of captions, without a screen"
    )
    captions_arguments.add_arguments(captions)

    models = commands.add_parser("models", help="the bundles installed on this device, and which of them serves")
    models_arguments.add_arguments(models, configured)

    config = commands.add_parser("config", help="look at the configuration")
    actions = config.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("check", parents=[configured], help="check the configuration and print it whole")
    return root


def _add_source_and_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--source", metavar="URI", help=SOURCES_HELP)
    _add_model(command)


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", type=Path, metavar="DIR", help="the bundle that reads the signs")
