"""The command line of `ishara-edge`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from edge.cameras.source_help import SOURCES_HELP
from edge.installation import arguments as installation_arguments
from edge.keeping import arguments as keeping_arguments
from edge.model_selection import arguments as models_arguments
from edge.record import arguments as record_arguments
from edge.redaction import redact_source
from edge.settings import arguments as settings_arguments
from edge.sinks.captions import arguments as captions_arguments
from edge.sinks.mqtt import arguments as mqtt_arguments
from edge.sinks.speech import arguments as speech_arguments
from edge.teach import arguments as teach_arguments
from landmarkers.command_line import add_standard_options


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the arguments, by default those of the process. Exits with 2 and one sentence if they are wrong."""
    return parser().parse_args(arguments)


class _Parser(argparse.ArgumentParser):
    """Refuses arguments with a sentence in which no address of a camera is whole, since it may hold a password."""

    def error(self, message: str) -> NoReturn:
        for argument in sorted(sys.argv[1:], key=len, reverse=True):
            for whole in (argument, argument.partition("=")[2]):  # of `--pace=…` only the value is quoted
                for written in (whole, repr(whole)[1:-1]):
                    message = message.replace(written, redact_source(whole))
        super().error(message)


def parser() -> argparse.ArgumentParser:
    """Return the parser of `ishara-edge`."""
    description = "Recognises Arabic sign language from a camera."
    root: argparse.ArgumentParser = _Parser(prog="ishara-edge", description=description)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    configured = argparse.ArgumentParser(add_help=False)
    configured.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML file; ISHARA_… variables override it (default: for `run` none, every key has its default; otherwise "
        "that of the service on this device, if there is one)",
    )
    configured.add_argument(
        "--setup",
        action="store_true",
        help="without this FILE, use the settings that set-up in the browser has saved, or begin set-up",
    )
    _add_run(_command(commands, "run", "turn the signs before a camera into words", configured))
    record_arguments.add_arguments(_command(commands, "record", "record takes of words for fine-tuning", configured))
    teach = _command(commands, "teach", "teach this device a word, or calibrate it to a signer", configured)
    teach_arguments.add_arguments(teach)
    _add_model(teach)
    _add_bench(_command(commands, "bench", "measure the pipeline against the reference implementation", configured))
    _add_doctor(_command(commands, "doctor", "check this device and say what is wrong and how to fix it", configured))
    captions = _command(commands, "captions", "draw a picture of the captions without a screen", configured)
    captions_arguments.add_arguments(captions)
    speech = _command(commands, "speech", "say a text, or write what would be heard to a file", configured)
    speech_arguments.add_arguments(speech)
    models = _command(commands, "models", "list or change the installed bundles and the active one")
    models_arguments.add_arguments(models, configured)
    learning = _command(commands, "learning", "list or delete what is kept of signers, or begin and end their consent")
    keeping_arguments.add_arguments(learning, configured)
    setup = _command(commands, "setup", "install this program as a service on this machine, as root")
    installation_arguments.add_arguments(setup)
    mqtt_arguments.add_arguments(_command(commands, "mqtt", "have the broker forget this device"), configured)
    config = _command(commands, "config", "inspect the configuration")
    actions = config.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(actions, "check", "check the configuration and print all of it as JSON", configured)
    settings_arguments.add_arguments(actions, configured)
    add_standard_options(root)
    return root


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    *parents: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    return commands.add_parser(name, parents=parents, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")


def _add_run(run: argparse.ArgumentParser) -> None:
    _add_source(run)
    _add_model(run)
    console = run.add_mutually_exclusive_group()
    console.add_argument("--jsonl", action="store_true", help="print words and utterances as JSON, one event a line")
    console.add_argument(
        "--quiet", action="store_true", help="print no words: what somebody signs does not belong in a container's log"
    )
    run.add_argument(
        "--pace",
        choices=("realtime", "fast"),
        default="realtime",
        help="fast plays a recording as quickly as it can be processed, on a clock of its own (default: %(default)s)",
    )
    run.add_argument(
        "--exit-at-end", action="store_true", help="exit when the source ends, instead of restarting or reconnecting it"
    )


def _add_bench(bench: argparse.ArgumentParser) -> None:
    bench.add_argument("--source", type=Path, nargs="+", required=True, metavar="CLIP", help="clips to measure on")
    _add_model(bench)
    output = bench.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print JSON")
    output.add_argument(
        "--card",
        action="store_true",
        help="print this board and its figures as a table for an issue; the reference is left out where it cannot run",
    )


def _add_doctor(doctor: argparse.ArgumentParser) -> None:
    _add_source(doctor)
    _add_model(doctor)
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.add_argument(
        "--bundle",
        type=Path,
        metavar="FILE",
        help="also write an archive to attach to an issue: versions, findings, settings and the last lines of the "
        "log, without secrets, pictures, words and names",
    )


def _add_source(command: argparse.ArgumentParser) -> None:
    command.add_argument("--source", metavar="URI", help=f"{SOURCES_HELP} (default: the configured camera)")


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model", type=Path, metavar="DIR", help="folder of the bundle to use (default: the configured or active one)"
    )
