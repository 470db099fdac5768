"""`ishara-edge`: the daemon's command line, and the one place where its stages are put together."""

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from edge.cameras.source import SOURCES_HELP, Source, needing_libraries, open_source, without_password
from edge.captions import arguments as captions_arguments
from edge.captions.arguments import PictureImpossible
from edge.captions.fonts import LettersMissing
from edge.config import CaptionsConfig, EdgeConfig, load_config
from edge.doctor.examination import examine
from edge.doctor.finding import as_json, as_row, is_ready, summary
from edge.journal import open_log, print_refusal
from edge.leaving import leave
from edge.notify import Notifier
from edge.preview import PreviewedLandmarker
from edge.record.arguments import add_arguments
from edge.record.prompt import Prompt, titled
from edge.record.session import LiveSigner, RecordedSigner, TriesSpent, View, record
from edge.record.shelf import Shelf, ShelfUnusable
from edge.record.words import WordsUnclear, find_signs, read_words
from edge.refusals import REFUSALS
from edge.signals import StopSignals
from edge.standing import Part, Standing
from edge.state import state_folder
from landmarkers.processor import Machine
from models.bundle import Bundle, BundleRefused, open_bundle
from models.labels import LabelsDamaged
from models.manifest import Manifest

# What loads ONNX Runtime or paho is imported where it is used: where these do not run, the doctor must.
if TYPE_CHECKING:
    from edge.captions.sink import CaptionSink
    from edge.commands import Commands
    from edge.health import Pulse
    from edge.reload import Plan, Reloader
    from edge.service import Service
    from edge.sinks.mqtt.outbox import Outbox
    from edge.sinks.sink import Sink

log = logging.getLogger("edge")

USER_MUST_ACT = (LabelsDamaged, LettersMissing, PictureImpossible, ShelfUnusable, TriesSpent, WordsUnclear, *REFUSALS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    open_log(os.environ)
    try:
        config = _load(options)
        if options.command == "bench":
            return bench(config, options)
        if options.command == "doctor":
            return doctor(config, options)
        if options.command == "captions":
            return captions(config, options)
        if options.command == "config":
            print(config.model_dump_json(indent=2))
            return 0
        with StopSignals() as signals:
            if options.command == "record":
                return record_takes(config, options, signals)
            return run(config, options, signals)
    except USER_MUST_ACT as error:
        print_refusal(str(error), os.environ)
        Notifier.of(os.environ).status(str(error))
        return 2


def run(config: EdgeConfig, options: argparse.Namespace, signals: StopSignals) -> int:
    """Caption until the camera ends or a signal comes; at SIGHUP go on with what the configuration says by then."""
    from edge.reload import Reloader
    from edge.service import Service, look_every_s

    notifier = Notifier.of(os.environ)
    plan: Plan | None = _draw_up(config, options)
    with (
        Service(notifier, look_s=look_every_s(os.environ)) as service,
        Reloader(lambda: _draw_up(_load(options), options), service) as reloader,
    ):
        if notifier.is_heard:
            signals.reload_with(reloader.ask)
        while plan is not None:
            try:
                read_signs(plan, options, signals, service, reloader)
            except REFUSALS as error:
                if plan.before is None or service.is_ready:
                    raise
                log.warning("the new configuration is refused, the old one goes on: %s", error)
                service.refuse(str(error))
                plan = plan.before
                continue
            plan = None if signals.came else reloader.next_plan(plan)
    return 0


def read_signs(
    plan: "Plan",
    options: argparse.Namespace,
    signals: StopSignals,
    service: "Service",
    reloader: "Reloader",
) -> None:
    """Put the stages together and caption until the camera ends or is stopped."""
    from edge.commands import Command, Commands
    from edge.governor import Governor
    from edge.health import Pulse
    from edge.heart import FeltCamera, Heart
    from edge.metrics import MetricsServer
    from edge.pipeline import caption
    from edge.service import in_words
    from edge.thermometer import Thermometer
    from edge.word import StreamClock, WordWriter
    from models.spotter import SignSpotter

    config, bundle, classifier = plan.config, plan.bundle, plan.classifier
    manifest = bundle.manifest
    name, fast = options.source or config.camera.source, options.pace == "fast"
    standing = Standing()
    standing.watch(service.look)
    with ExitStack() as stack:
        governor = Governor(config.rate, manifest.spotter.raised_above)
        heart = Heart(standing)
        again, wanted = not options.exit_at_end, heart.feel_each(governor.wants)
        source = open_source(
            name,
            manifest.parts,
            manifest.landmarker,
            fast=fast,
            again=again,
            wanted=wanted,
            options=config.camera,
            standing=standing,
        )
        stack.callback(source.landmarker.close)
        _check_landmarker(source, manifest)
        commands = Commands(standing)
        outbox = _open_outbox(config)
        pulse = Pulse(source, governor, standing, outbox, parts=_parts(config), model=manifest.title)
        stack.callback(Thermometer(config.rate.measure_every_s, governor.feel).close)
        if config.metrics is not None:
            stack.callback(MetricsServer(config.metrics, pulse.health).close)
        stack.callback(lambda: log.info("leaving: %s", pulse.health().to_json()))
        sinks = _open_sinks(config, bundle, pulse, outbox, standing, commands, jsonl=options.jsonl)
        landmarker = source.landmarker
        if config.captions is not None:
            screen = _open_screen(config.captions, config.device, standing)
            sinks.append(screen)
            commands.when(Command.CLEAR, screen.clear)
            commands.when(Command.IDENTIFY, screen.identify)
            landmarker = PreviewedLandmarker(landmarker, screen)
        for sink in sinks:
            stack.callback(sink.close)
        threshold = manifest.calibration.threshold if config.model.threshold is None else config.model.threshold
        clock = StreamClock(as_fast_as_possible=fast)
        first = 1 if outbox is None else outbox.next_seq
        writer = WordWriter(clock, model=manifest.title, device=config.device, threshold=threshold, first_seq=first)
        spotter = SignSpotter(manifest.spotter, manifest.landmarker, classifier)

        def stop() -> None:
            service.leave()
            source.camera.stop()

        signals.stop_with(stop)
        shown = without_password(name)
        fields = {"ISHARA_DEVICE": config.device, "ISHARA_MODEL": manifest.title, "ISHARA_SOURCE": shown}
        log.info("%s reads %s", manifest.title, shown, extra=fields)
        service.ready(heart.beats, lambda: in_words(shown, pulse.health(), pulse.last_word))
        reloader.stop_with(source.camera.stop)
        caption(
            FeltCamera(source.camera, heart),
            landmarker,
            spotter,
            classifier,
            writer,
            sinks,
            pulse,
            config.health_every_s,
            governor,
            standing,
        )


def record_takes(config: EdgeConfig, options: argparse.Namespace, signals: StopSignals) -> int:
    """Record takes of words, to teach them to the bundle's network."""
    bundle = open_bundle(options.model or config.model.folder)
    manifest = bundle.manifest
    shelf = Shelf(options.to, options.signer, manifest.landmarker)
    asked = [*options.word, *(read_words(options.words) if options.words else ())]
    if not asked:
        raise WordsUnclear("name words to record with --word or --words")
    signs = find_signs(asked, [*bundle.signs, *shelf.signs])
    shelf.label(signs)
    prompt, stopped = Prompt(), False
    name = options.source or config.camera.source
    if shelf.missing(signs, options.takes):
        with ExitStack() as stack:
            source = open_source(
                name, manifest.parts, manifest.landmarker, fast=True, again=False, options=config.camera
            )
            stack.callback(source.landmarker.close)
            _check_landmarker(source, manifest)
            view = View(source.camera, source.landmarker)
            stack.callback(view.close)
            stack.callback(prompt.leave)
            signals.stop_with(view.stop)
            prompt.tell("rest your hands before and after each sign, and keep hands and shoulders in view")
            live = LiveSigner(view, manifest.spotter, prompt)
            signer = live if source.is_live else RecordedSigner(view, manifest.spotter)
            record(signer, signs, options.takes, shelf, prompt)
            stopped = view.stopped.is_set()
    missing = shelf.missing(signs, options.takes)
    if missing:
        why = "stopped" if stopped else f"{name} has ended"
        still = ", ".join(f"{count} of {titled(sign)}" for sign, count in missing)
        print(f"ishara-edge: {why}; still missing: {still}; the same command goes on from here", file=sys.stderr)
        return 1
    prompt.tell(f"{options.to} is complete: {len(signs) * options.takes} takes of {options.takes} a word")
    return 0


def bench(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Measure the pipeline against the reference way."""
    with needing_libraries():
        from edge.bench import as_table, run_benchmark

    result = run_benchmark(options.source, open_bundle(options.model or config.model.folder))
    print(result.model_dump_json(indent=2) if options.json else as_table(result))
    return 0


def captions(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Draw one picture of captions."""
    from edge.captions.command import write_picture

    write_picture(options, config.captions or CaptionsConfig())
    return 0


def doctor(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Look the device over and say what is to do."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # names in a finding may hold what the locale cannot write
    findings, coloured = [], sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for finding in examine(config, model=options.model, source=options.source, machine=Machine()):
        findings.append(finding)
        if not options.json:
            print(as_row(finding, coloured=coloured), flush=True)
    print(as_json(findings) if options.json else f"\n{summary(findings)}")
    return 0 if is_ready(findings) else 1


def _load(options: argparse.Namespace) -> EdgeConfig:
    return load_config(options.config, os.environ, Path(".env"))


def _draw_up(config: EdgeConfig, options: argparse.Namespace) -> "Plan":
    from edge.reload import Plan
    from models.classifier import OnnxClassifier

    bundle = open_bundle(options.model or config.model.folder)
    return Plan(config, bundle, OnnxClassifier(bundle))


def _parts(config: EdgeConfig) -> set[Part]:
    """What can be lost of what is configured."""
    parts = {Part.CAMERA}
    if config.mqtt is not None:
        parts.add(Part.BROKER)
    if config.captions is not None:
        parts.add(Part.SCREEN)
    return parts


def _check_landmarker(source: Source, manifest: Manifest) -> None:
    fingerprint = source.landmarker.fingerprint
    if fingerprint != manifest.landmarker:
        raise BundleRefused(f"{manifest.title} was trained on landmarks of {manifest.landmarker}, not of {fingerprint}")


def _open_outbox(config: EdgeConfig) -> "Outbox | None":
    """Where words wait for the broker, if there is one."""
    from edge.sinks.mqtt.outbox import Outbox

    if config.mqtt is None:
        return None
    own = state_folder(os.environ) / f"outbox-{config.device}.sqlite3"
    return Outbox(config.mqtt.outbox or own, config.mqtt.outbox_words)


def _open_sinks(
    config: EdgeConfig,
    bundle: Bundle,
    pulse: "Pulse",
    outbox: "Outbox | None",
    standing: "Standing",
    commands: "Commands",
    *,
    jsonl: bool,
) -> "list[Sink]":
    from edge.sinks.console import ConsoleSink
    from edge.sinks.mqtt.sink import MqttSink

    sinks: list[Sink] = [ConsoleSink(jsonl=jsonl)]
    if config.mqtt is not None and outbox is not None:
        model = bundle.manifest.model_dump_json(exclude={"files", "spotter"})
        mqtt = MqttSink(
            config.mqtt,
            outbox,
            device=config.device,
            model=model,
            health=pulse.health,
            standing=standing,
            commands=commands,
        )
        sinks.insert(0, mqtt)  # first: there a word outlives the daemon, while a reader of the console may make it wait
    return sinks


def _open_screen(config: CaptionsConfig, device: str, standing: "Standing") -> "CaptionSink":
    from edge.captions.sink import CaptionSink

    return CaptionSink(config, device=device, standing=standing)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ishara-edge", description="Reads Arabic sign language from a camera.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    configured = argparse.ArgumentParser(add_help=False)
    configured.add_argument("--config", type=Path, metavar="FILE", help="TOML file; ISHARA_… variables override it")
    run_parser = commands.add_parser("run", parents=[configured], help="turn a camera's signs into words")
    run_parser.add_argument("--source", metavar="URI", help=SOURCES_HELP)
    run_parser.add_argument("--model", type=Path, metavar="DIR", help="the bundle that reads the signs")
    run_parser.add_argument("--jsonl", action="store_true", help="print words as JSON, one event a line")
    run_parser.add_argument(
        "--pace",
        choices=("realtime", "fast"),
        default="realtime",
        help="fast plays a recording as quickly as it can be processed, on its own clock (default: %(default)s)",
    )
    run_parser.add_argument(
        "--exit-at-end", action="store_true", help="leave when the source ends; otherwise it is started or tried again"
    )
    record_parser = commands.add_parser(
        "record", parents=[configured], help="record takes of words, to teach them to a model"
    )
    add_arguments(record_parser)
    bench_parser = commands.add_parser(
        "bench", parents=[configured], help="measure the pipeline against the reference way, in one run"
    )
    bench_parser.add_argument(
        "--source", type=Path, nargs="+", required=True, metavar="CLIP", help="clips to measure on"
    )
    bench_parser.add_argument("--model", type=Path, metavar="DIR", help="the bundle that reads the signs")
    bench_parser.add_argument("--json", action="store_true", help="print JSON")
    doctor_parser = commands.add_parser(
        "doctor", parents=[configured], help="look this device over and say what is wrong and what to do"
    )
    doctor_parser.add_argument("--source", metavar="URI", help=SOURCES_HELP)
    doctor_parser.add_argument("--model", type=Path, metavar="DIR", help="the bundle that reads the signs")
    doctor_parser.add_argument("--json", action="store_true", help="print JSON")
    captions_parser = commands.add_parser(
        "captions", parents=[configured], help="draw a picture of captions, without a screen"
    )
    captions_arguments.add_arguments(captions_parser)
    config_parser = commands.add_parser("config", help="look at the configuration")
    actions = config_parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("check", parents=[configured], help="check the configuration and print it whole")
    return parser


def program() -> NoReturn:
    """`main` as a process of its own."""
    leave(main())


if __name__ == "__main__":
    program()
