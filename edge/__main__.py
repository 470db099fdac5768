"""The command `ishara-edge`: parses the arguments, loads the configuration and runs one command."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn

from edge.arguments import parse_arguments
from edge.config import CaptionsConfig, EdgeConfig, SpeechConfig
from edge.configuration import live_settings, load, locate
from edge.lifecycle.exit import exit_process
from edge.lifecycle.failures import DaemonFailed
from edge.lifecycle.logging_setup import configure_logging, print_error
from edge.lifecycle.notify import Notifier
from edge.lifecycle.paths import state_folder
from edge.lifecycle.signals import StopSignals
from edge.lifecycle.standard_streams import prepare_standard_streams
from edge.model_selection.active_bundle import find_store, open_active_bundle
from edge.model_selection.spoken_signs import SpokenSigns
from edge.probation.start_count import counted_start
from edge.record.command import record_takes
from edge.settings.live import LiveSettings
from edge.settings.location import Location
from landmarkers.errors import UserError

# Modules that load ONNX Runtime or paho are imported where they are used: the doctor must run where these do not.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    options = parse_arguments(arguments)
    configure_logging(os.environ)
    try:
        if options.command == "setup":
            return set_up(options)
        code = _run_command(options)
        sys.stdout.flush()
    except UserError as error:
        print_error(str(error), os.environ)
        Notifier.from_environment(os.environ).status(str(error))
        return 2
    except DaemonFailed as error:
        print_error(str(error), os.environ)
        return 1
    except BrokenPipeError:  # the reader of what is printed has seen enough
        return 1
    return code


def _run_command(options: argparse.Namespace) -> int:
    if options.command == "run":
        return run(live_settings(options), options)
    location = locate(options)
    if options.command == "config" and options.action != "check":  # these mend a configuration that is wrong
        return change_settings(location, options)
    return _COMMANDS[options.command](load(location), options)


def run(settings: LiveSettings, options: argparse.Namespace) -> int:
    """Turn signs into words until the camera ends or a signal comes."""
    config = settings.load_first()
    with StopSignals() as signals, counted_start(find_store(config.model, options.model, os.environ)):
        from edge.daemon import run_daemon

        run_daemon(config, options, signals, settings)
    return 0


def record(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Record takes of words."""
    with StopSignals() as signals:
        return record_takes(config, options, signals)


def teach(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Teach the device a word, or calibrate it."""
    from edge.teach.command import teach as teach_device

    with StopSignals() as signals:
        return teach_device(config, options, signals)


def bench(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Measure the pipeline, against the reference implementation where that is wanted or can run."""
    from edge.benchmark.command import measure

    print(measure(options.source, open_active_bundle(config.model, options.model, os.environ), options))
    return 0


def captions(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Draw one picture of the captions."""
    from edge.sinks.captions.command import write_image

    write_image(options, config.captions or CaptionsConfig())
    return 0


def speech(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Say a text, or write what would be heard to a file."""
    from edge.sinks.speech.command import say

    say(config.speech or SpeechConfig(), options.text, options.wav)
    return 0


def models(config: EdgeConfig, options: argparse.Namespace) -> int:
    """List or change the installed bundles and the active one."""
    from edge.model_selection.command import run_models_command

    return run_models_command(config, options)


def learning(config: EdgeConfig, options: argparse.Namespace) -> int:
    """List or delete what is kept of signers, or begin and end their consent."""
    from edge.keeping.command import run_learning_command

    return run_learning_command(config, options)


def mqtt(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Have the broker forget this device."""
    from edge.sinks.mqtt.command import forget

    return forget(config, options, state_folder(os.environ))


def doctor(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Check the device; return 1 if something must be fixed."""
    from edge.doctor.command import examine

    return examine(config, options)


def set_up(options: argparse.Namespace) -> int:
    """Install this program as a service on this machine."""
    from edge.installation.command import set_up_device

    return set_up_device(options)


def check_config(config: EdgeConfig, _options: argparse.Namespace) -> int:
    """Print the whole configuration, and beside it which signs may be said where that is configured."""
    spoken = None
    if config.labels.file is not None or config.vocabulary.is_restricted:
        spoken = SpokenSigns.of(config, open_active_bundle(config.model, None, os.environ))
    print(config.model_dump_json(indent=2))
    if spoken is not None:
        print(*(f"ishara-edge: {sentence}" for sentence in (spoken, *spoken.unknown)), sep="\n", file=sys.stderr)
    return 0


def change_settings(location: Location, options: argparse.Namespace) -> int:
    """List the latest changes of the settings, or undo one."""
    from edge.settings.command import show_history, undo_change

    return show_history(location, options) if options.action == "history" else undo_change(location)


_COMMANDS: Final[Mapping[str, Callable[[EdgeConfig, argparse.Namespace], int]]] = {
    "record": record,
    "teach": teach,
    "bench": bench,
    "doctor": doctor,
    "captions": captions,
    "speech": speech,
    "models": models,
    "learning": learning,
    "mqtt": mqtt,
    "config": check_config,
}


def program() -> NoReturn:
    """Run `main` as the whole process."""
    prepare_standard_streams()
    exit_process(main())


if __name__ == "__main__":
    program()
