"""`ishara-edge`: the daemon's command line; `edge/app.py` puts its stages together."""

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from edge.arguments import parse_arguments
from edge.config import CaptionsConfig, EdgeConfig
from edge.config.loading import load_config
from edge.doctor.checks import run_checks
from edge.doctor.finding import format_row, format_summary, is_ready, to_json
from edge.libraries import LibraryMissing, require_libraries
from edge.lifecycle.exit import exit_process
from edge.lifecycle.logging_setup import configure_logging, print_error
from edge.lifecycle.notify import Notifier
from edge.lifecycle.signals import StopSignals
from edge.model_selection.active_bundle import fall_back, find_store, open_active_bundle
from edge.probation.starts import counted_start, fail_probation
from edge.record.command import record_takes
from landmarkers.errors import UserError
from landmarkers.processor import Machine
from models.bundle import BundleRefused
from models.store import StoreUnusable

# What loads ONNX Runtime or paho is imported where it is used: where these do not run, the doctor must.
if TYPE_CHECKING:
    from edge.lifecycle.reload import Plan

log = logging.getLogger("edge")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = parse_arguments(arguments)
    configure_logging(os.environ)
    try:
        config = _load(options)
        if options.command == "bench":
            return bench(config, options)
        if options.command == "doctor":
            return doctor(config, options)
        if options.command == "captions":
            return captions(config, options)
        if options.command == "models":
            return models(config, options)
        if options.command == "config":
            print(config.model_dump_json(indent=2))
            return 0
        with StopSignals() as signals:
            if options.command == "record":
                return record_takes(config, options, signals)
            with counted_start(find_store(config.model, options.model, os.environ)):
                return run(config, options, signals)
    except UserError as error:
        print_error(str(error), os.environ)
        Notifier.from_environment(os.environ).status(str(error))
        return 2
    except BrokenPipeError:  # who read what is printed has left; Python would fail again on its flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def run(config: EdgeConfig, options: argparse.Namespace, signals: StopSignals) -> int:
    """Caption until the camera ends or a signal comes; at SIGHUP go on with what the configuration says by then."""
    from edge.app import run_daemon
    from edge.lifecycle.reload import Reloader
    from edge.lifecycle.service import Service, watchdog_interval_s

    notifier = Notifier.from_environment(os.environ)
    plan: Plan | None = _start(config, options)
    with (
        Service(notifier, interval_s=watchdog_interval_s(os.environ)) as service,
        Reloader(lambda: _redraw(options), service) as reloader,
    ):
        if notifier.is_enabled:
            signals.on_reload(reloader.request)
        while plan is not None:
            try:
                run_daemon(plan, options, signals, service, reloader)
            except UserError as error:
                if plan.previous is None or service.is_ready:
                    raise
                log.warning("the new configuration is refused, the old one goes on: %s", error)
                service.reload_refused(str(error))
                plan = plan.previous
                continue
            plan = None if signals.stop_requested else reloader.next_plan(plan)
    return 0


def bench(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Measure the pipeline against the reference way."""
    with require_libraries():
        from edge.benchmark.bench import format_table, run_benchmark

    result = run_benchmark(options.source, open_active_bundle(config.model, options.model, os.environ))
    print(result.model_dump_json(indent=2) if options.json else format_table(result))
    return 0


def captions(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Draw one picture of captions."""
    from edge.sinks.captions.command import write_image

    write_image(options, config.captions or CaptionsConfig())
    return 0


def models(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Show or change which bundles are installed and which of them serves."""
    from edge.model_selection.command import run_models_command

    return run_models_command(config.model, options)


def doctor(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Look the device over and say what is to do."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # names in a finding may hold what the locale cannot write
    findings, coloured = [], sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for finding in run_checks(config, model=options.model, source=options.source, machine=Machine()):
        findings.append(finding)
        if not options.json:
            print(format_row(finding, coloured=coloured), flush=True)
    print(to_json(findings) if options.json else f"\n{format_summary(findings)}")
    return 0 if is_ready(findings) else 1


def _load(options: argparse.Namespace) -> EdgeConfig:
    return load_config(options.config, os.environ, Path(".env"))


def _start(config: EdgeConfig, options: argparse.Namespace) -> "Plan":
    """The plan to start with, whatever may have become of the installed model: a device must read."""
    model: Path | None = options.model
    while True:
        try:
            return _draw_up(config, model)
        except (BundleRefused, LibraryMissing, StoreUnusable) as error:
            model = fall_back(config.model, model, os.environ, error)


def _redraw(options: argparse.Namespace) -> "Plan":
    """The plan by what is said now. Raises what is refused; a model on probation that is has failed."""
    config = _load(options)
    try:
        return _draw_up(config, options.model)
    except BundleRefused as error:
        fail_probation(find_store(config.model, options.model, os.environ), str(error))
        raise


def _draw_up(config: EdgeConfig, model: Path | None) -> "Plan":
    from edge.lifecycle.reload import Plan
    from edge.monitoring.meter import MeteredClassifier
    from models.classifier import OnnxClassifier

    bundle = open_active_bundle(config.model, model, os.environ)
    return Plan(config, bundle, MeteredClassifier(OnnxClassifier(bundle)))


def program() -> NoReturn:
    """`main` as a process of its own."""
    exit_process(main())


if __name__ == "__main__":
    program()
