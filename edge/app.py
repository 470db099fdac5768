"""Puts the daemon's stages together from a plan and lets them work until the camera ends."""

import argparse
import logging
import os
from contextlib import ExitStack
from importlib.metadata import version

from edge.cameras.source import Source, open_source, redact_password
from edge.commands import Command, Commands
from edge.config import EdgeConfig
from edge.lifecycle.paths import state_folder
from edge.lifecycle.reload import Plan, Reloader
from edge.lifecycle.service import Service, status_line
from edge.lifecycle.signals import StopSignals
from edge.model_selection.active_bundle import find_store
from edge.monitoring.frame_rate import FrameRateController
from edge.monitoring.health import PipelineStats
from edge.monitoring.liveness import LivenessMonitor, MonitoredCamera
from edge.monitoring.metrics import MetricsServer
from edge.monitoring.status import Component, DeviceStatus
from edge.monitoring.thermal import ThermalMonitor
from edge.pipeline import run_pipeline
from edge.probation.segments import RecentSegments
from edge.probation.watch import ProbationWatch
from edge.recognition.observer import ObservedLandmarker
from edge.recognition.swap import HotSwap, SwapEvents
from edge.recognition.word import StreamClock, WordFactory
from edge.sinks.captions.sink import CaptionSink
from edge.sinks.console import ConsoleSink
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.sink import MqttSink
from edge.sinks.sink import Sink
from edge.sinks.web.message import ActiveModel
from edge.sinks.web.sink import WebSink
from landmarkers.landmarker import Landmarker
from models.bundle import check_landmarker

log = logging.getLogger(__name__)


def run_daemon(
    plan: Plan, options: argparse.Namespace, signals: StopSignals, service: Service, reloader: Reloader
) -> None:
    """Caption as the plan and the command line say until the camera ends or is stopped.

    Raises what is refused of the plan, before the service is told that the stages are ready.
    """
    manifest = plan.bundle.manifest
    status = DeviceStatus()
    status.subscribe(service.refresh)
    with ExitStack() as stack:
        governor = FrameRateController(plan.config.rate, manifest.spotter.raise_threshold)
        heart = LivenessMonitor(status)
        source = _open_source(plan, options, governor, heart, status)
        stack.callback(source.landmarker.close)
        check_landmarker(manifest, source.landmarker.fingerprint)
        outbox = _open_outbox(plan.config)
        pulse = PipelineStats(source, governor, status, outbox, components=_parts(plan.config), model=manifest.title)
        _let_be_measured(stack, plan.config, governor, pulse)
        swap = HotSwap(plan, _word_writer(plan, options, outbox))
        swap.on_swap(lambda new: _take_up(new, governor, pulse, service))
        sinks, landmarker = _open_sinks(plan, options, source.landmarker, pulse, outbox, status, swap)
        store = find_store(plan.config.model, options.model, os.environ)
        if store is not None:
            stretches = RecentSegments(manifest.spotter.raise_threshold)
            landmarker = ObservedLandmarker(landmarker, stretches)
            _prove(stack, plan, swap, ProbationWatch(store, stretches, status, heart, reloader.request))
        for sink in sinks:
            stack.callback(sink.close)

        def stop() -> None:
            service.stopping()
            source.camera.stop()

        signals.on_stop(stop)
        shown = redact_password(_source_name(plan.config, options))
        fields = {"ISHARA_DEVICE": plan.config.device, "ISHARA_MODEL": manifest.title, "ISHARA_SOURCE": shown}
        log.info("%s reads %s", manifest.title, shown, extra=fields)
        service.ready(heart.is_alive, lambda: status_line(shown, pulse.health(), pulse.last_word))
        reloader.attach(swap.try_swap, source.camera.stop)
        run_pipeline(MonitoredCamera(source.camera, heart), landmarker, swap.succession, sinks, pulse, governor, status)


def _prove(stack: ExitStack, plan: Plan, swap: SwapEvents, watch: ProbationWatch) -> None:
    """Let this plan's model, and those that take over from it, be watched while they are on probation."""
    stack.callback(watch.close)
    swap.on_swap(watch.start)
    watch.start(plan)


def _take_up(plan: Plan, governor: FrameRateController, pulse: PipelineStats, service: Service) -> None:
    """Another model reads the signs from now on."""
    manifest = plan.bundle.manifest
    governor.raise_threshold, old, pulse.model = manifest.spotter.raise_threshold, pulse.model, manifest.title
    fields = {"ISHARA_DEVICE": plan.config.device, "ISHARA_MODEL": manifest.title}
    log.info("%s reads instead of %s", manifest.title, old, extra=fields)
    service.refresh()


def _source_name(config: EdgeConfig, options: argparse.Namespace) -> str:
    name: str = options.source or config.camera.source
    return name


def _is_fast(options: argparse.Namespace) -> bool:
    fast: bool = options.pace == "fast"
    return fast


def _open_source(
    plan: Plan,
    options: argparse.Namespace,
    governor: FrameRateController,
    heart: LivenessMonitor,
    status: DeviceStatus,
) -> Source:
    """The camera, felt by the heart, with the landmarker that the bundle was trained with."""
    manifest = plan.bundle.manifest
    return open_source(
        _source_name(plan.config, options),
        manifest.parts,
        manifest.landmarker,
        fast=_is_fast(options),
        again=not options.exit_at_end,
        wanted=heart.observe_capture(governor.should_process),
        options=plan.config.camera,
        status=status,
    )


def _open_outbox(config: EdgeConfig) -> Outbox | None:
    """Where words wait for the broker, if there is one."""
    if config.mqtt is None:
        return None
    own = state_folder(os.environ) / f"outbox-{config.device}.sqlite3"
    return Outbox(config.mqtt.outbox or own, config.mqtt.outbox_words)


def _parts(config: EdgeConfig) -> set[Component]:
    """What can be lost of what is configured."""
    parts = {Component.CAMERA}
    if config.mqtt is not None:
        parts.add(Component.BROKER)
    if config.captions is not None:
        parts.add(Component.SCREEN)
    if config.web is not None:
        parts.add(Component.WEB)
    return parts


def _let_be_measured(stack: ExitStack, config: EdgeConfig, governor: FrameRateController, pulse: PipelineStats) -> None:
    """Feel the processor's heat, offer metrics if they are wanted, and tell the health when all is over."""
    stack.callback(ThermalMonitor(config.rate.measure_every_s, governor.update_thermal).close)
    if config.metrics is not None:
        stack.callback(MetricsServer(config.metrics, pulse.health).close)
    stack.callback(lambda: log.info("leaving: %s", pulse.health().to_json()))


def _open_sinks(
    plan: Plan,
    options: argparse.Namespace,
    landmarker: Landmarker,
    pulse: PipelineStats,
    outbox: Outbox | None,
    status: DeviceStatus,
    models: SwapEvents,
) -> tuple[list[Sink], Landmarker]:
    """Where words go, and the landmarker, whose frames a screen shows as well."""
    config, commands = plan.config, Commands(status)
    sinks: list[Sink] = [ConsoleSink(jsonl=options.jsonl)]
    if config.mqtt is not None and outbox is not None:
        mqtt = MqttSink(
            config.mqtt,
            outbox,
            device=config.device,
            model=_model_json(plan),
            health=pulse.health,
            health_every_s=config.health_every_s,
            status=status,
            commands=commands,
        )
        models.on_swap(lambda new: mqtt.publish_model(_model_json(new)))
        sinks.insert(0, mqtt)  # first: there a word outlives the daemon, while a reader of the console may make it wait
    if config.captions is not None:
        screen = CaptionSink(config.captions, device=config.device, status=status)
        sinks.append(screen)
        commands.register(Command.CLEAR, screen.clear)
        commands.register(Command.IDENTIFY, screen.identify)
        landmarker = ObservedLandmarker(landmarker, screen)
    if config.web is not None:
        web = WebSink(
            config.web,
            device=config.device,
            version=version("ishara"),
            active_model=_active_model(plan),
            health=pulse.health,
            status=status,
        )
        sinks.append(web)
        models.on_swap(lambda new: web.set_model(_active_model(new)))
        commands.register(Command.CLEAR, web.clear)
        landmarker = ObservedLandmarker(landmarker, web)
    return sinks, landmarker


def _model_json(plan: Plan) -> str:
    return plan.bundle.manifest.model_dump_json(exclude={"files", "spotter"})


def _active_model(plan: Plan) -> ActiveModel:
    bundle = plan.bundle
    return ActiveModel(bundle.manifest.title, str(bundle.folder), plan.threshold, len(bundle.signs))


def _word_writer(plan: Plan, options: argparse.Namespace, outbox: Outbox | None) -> WordFactory:
    return WordFactory(
        StreamClock(fast=_is_fast(options)),
        model=plan.bundle.manifest.title,
        device=plan.config.device,
        threshold=plan.threshold,
        first_seq=1 if outbox is None else outbox.next_seq,
    )
