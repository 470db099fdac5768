"""The daemon's composition root: builds the stages of a plan and runs them until the camera ends."""

import argparse
import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count
from time import time

from edge.cameras.source import Source, SourceOptions, open_source
from edge.config import EdgeConfig
from edge.consent.learning import Learning
from edge.consent.retention import Retention
from edge.conversation import Conversation
from edge.diagnostics.background_check import BackgroundCheck
from edge.diagnostics.check_request import CheckTarget
from edge.learned.versions import LearnedVersions
from edge.lifecycle.failures import ThreadFailures
from edge.lifecycle.hot_swap import HotSwap
from edge.lifecycle.paths import HomeUnknown, state_folder
from edge.lifecycle.plan import Plan
from edge.lifecycle.reload import Reloader
from edge.lifecycle.service import Service, status_line
from edge.lifecycle.signals import StopSignals
from edge.model_selection.active_bundle import find_store
from edge.model_selection.choices import open_choices
from edge.monitoring.frame_rate import FrameRateController
from edge.monitoring.health import LearnedInUse, PipelineStats
from edge.monitoring.liveness import LivenessMonitor
from edge.monitoring.status import Component, DeviceStatus
from edge.monitoring.thermal import ThermalMonitor
from edge.monitoring.visibility import VisibilityMonitor
from edge.outputs import Outputs
from edge.pipeline import run_pipeline
from edge.probation.segments import RecentSegments
from edge.probation.watch import ProbationWatch
from edge.recognition.model_slot import ModelStages
from edge.recognition.observer import LandmarkObserver
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, WordFactory
from edge.redaction import redact_source
from edge.settings.live import LiveSettings
from edge.setup.checks import SetupChecks
from edge.sinks.console import ConsoleSink
from edge.sinks.mqtt.outbox import Outbox
from landmarkers.landmarker import PersonCounter
from models.bundle import LABELS, check_landmarker

log = logging.getLogger(__name__)


def run_plan(
    plan: Plan,
    options: argparse.Namespace,
    signals: StopSignals,
    service: Service,
    reloader: Reloader,
    failures: ThreadFailures,
    settings: LiveSettings,
) -> None:
    """Turn signs into words as plan and command line say, until the camera ends or is stopped.

    Raises what refuses a part of the plan, before the service is notified that the stages are ready.
    """
    with ExitStack() as stack:
        status = DeviceStatus(failures.give_up)
        failures.attach(status)
        daemon = _Daemon(plan, options, service, status, stack)
        watch = daemon.watch_probation(reloader.request)
        outputs = daemon.open_outputs(reloader, settings)
        daemon.swap.on_swap(lambda swapped: settings.accept(swapped.config))
        if watch is not None:
            daemon.swap.on_swap(watch.start)
            watch.start(plan)
        daemon.start_service(signals)
        settings.accept(plan.config)
        reloader.attach(plan, daemon.swap.try_swap, daemon.source.camera.stop)
        daemon.run(outputs)


class _Daemon:
    """The stages of one plan; the stack closes them, the last one first."""

    def __init__(
        self, plan: Plan, options: argparse.Namespace, service: Service, status: DeviceStatus, stack: ExitStack
    ) -> None:
        self._plan, self._options, self._service, self._status, self._stack = plan, options, service, status, stack
        config, manifest = plan.config, plan.bundle.manifest
        self._status.subscribe(service.refresh)
        self._controller = FrameRateController(config.rate, manifest.spotter.raise_threshold)
        self._liveness = LivenessMonitor(self._status)
        self._observers: list[LandmarkObserver] = []
        self.source = self._open_source()
        stack.callback(self.source.landmarker.close)
        check_landmarker(manifest, self.source.landmarker.fingerprint)
        self._outbox = self._open_outbox()
        self._stats = PipelineStats(
            self.source,
            self._controller,
            self._status,
            self._outbox,
            components=_components(config),
            model=manifest.title,
        )
        self._stats.learned = _learned_in_use(plan)
        self._start_monitoring()
        words = self._word_factory()
        self._learning = self._open_learning()
        self._recogniser = Recogniser(
            ModelStages.of(plan.bundle, plan.classifier, words, plan.allowed),
            self._stats.timed,
            None if self._learning is None else self._learning.kept.remember,
        )
        self._conversation = Conversation((), words, config.digits)
        self.swap = HotSwap(plan, self._recogniser, words)
        self.swap.on_swap(self._use_model)

    @property
    def _is_fast(self) -> bool:
        return bool(self._options.pace == "fast")

    @property
    def _source_name(self) -> str:
        return str(self._options.source or self._plan.config.camera.source.get_secret_value())

    def watch_probation(self, reload: Callable[[], None]) -> ProbationWatch | None:
        """Return the watch over models on probation; None where no store decides which model is used."""
        store = find_store(self._plan.config.model, self._options.model, os.environ)
        if store is None:
            return None
        segments = RecentSegments(self._plan.bundle.manifest.spotter.raise_threshold)
        self._observers.append(segments)
        watch = ProbationWatch(store, segments, self._status, self._liveness, reload)
        self._stack.callback(watch.close)
        return watch

    def open_outputs(self, reloader: Reloader, settings: LiveSettings) -> Outputs:
        """Open the sinks; the reloader has the daemon use what was learned or chosen.

        Raises what a sink raises that refuses its configuration.
        """
        parts = self._plan, self._status, self._stats, self.swap, self._conversation, self._stack
        choices = open_choices(self._plan, self._options.model, self._status, self.swap, self._stack, reloader.request)
        checks = self._open_check(), self._setup_checks()
        outputs = Outputs(*parts, reloader.request_learned, *checks, settings, choices)
        outputs.open_all(self._outbox, None if self._options.quiet else self._new_console(), self._learning)
        return outputs

    def _setup_checks(self) -> SetupChecks:
        """Return what checks the set-up for the page."""
        landmarker = self.source.landmarker
        person_sizes = landmarker.person_sizes if isinstance(landmarker, PersonCounter) else None
        return SetupChecks(self._plan, self._status, self._source_name, person_sizes)

    def start_service(self, signals: StopSignals) -> None:
        """Let signals stop the stages, and notify the service that they are ready."""
        signals.on_stop(self._stop)
        name, title = redact_source(self._source_name), self._plan.bundle.manifest.title
        fields = {"ISHARA_DEVICE": self._plan.config.device, "ISHARA_MODEL": title, "ISHARA_SOURCE": name}
        log.info("%s reads %s", title, name, extra=fields)
        self._service.ready(
            self._liveness.is_alive, lambda: status_line(name, self._stats.health(), self._stats.last_word)
        )

    def run(self, outputs: Outputs) -> None:
        """Run the pipeline until the camera ends."""
        run_pipeline(
            self._liveness.observe_processing(self.source.camera.frames()),
            self.source.landmarker,
            self._recogniser,
            self._conversation,
            observers=[
                *outputs.observers,
                *self._observers,
                VisibilityMonitor(self._status.set_obstacle),
                self._controller,
            ],
            stats=self._stats,
            status=self._status,
        )

    def _open_source(self) -> Source:
        manifest = self._plan.bundle.manifest
        return open_source(
            self._source_name,
            manifest.parts,
            manifest.landmarker,
            SourceOptions(
                fast=self._is_fast,
                endless=not self._options.exit_at_end,
                should_process=self._liveness.observe_capture(self._controller.should_process),
                report_fault=self._liveness.observe_faults(partial(self._status.report, Component.CAMERA)),
                camera=self._plan.config.camera,
            ),
        )

    def _open_outbox(self) -> Outbox | None:
        """Open the file in which words wait for the broker, if there is a broker. Raises OutboxLocked."""
        config = self._plan.config
        if config.mqtt is None:
            return None
        default = state_folder(os.environ) / f"outbox-{config.device}.sqlite3"
        outbox = Outbox(config.mqtt.outbox or default, config.mqtt.outbox_words)
        self._stack.callback(outbox.close)
        return outbox

    def _open_learning(self) -> Learning | None:
        """Return what keeps takes by consent, if the configuration says so; those of before are deleted in time."""
        try:
            state = state_folder(os.environ)
        except HomeUnknown:
            if self._plan.config.learning is not None:
                raise
            return None
        learning = Learning.open(self._plan, state, self._status, self._stack)
        if learning is not None or Retention.is_needed(state):
            escalation = self._status.escalation(Component.DAEMON)
            retention = Retention(state, lambda folder: LearnedVersions(folder).forget_missing(), escalation)
            self._stack.callback(retention.close)
        return learning

    def _open_check(self) -> BackgroundCheck:
        """Return what checks the device beside the daemon."""
        target = CheckTarget(self._plan.config, self._options.model, self._options.source, self._stats.health)
        check = BackgroundCheck(target, self._status.escalation(Component.DAEMON))
        self._stack.callback(check.close)
        return check

    def _new_console(self) -> ConsoleSink:
        config = self._plan.config
        has_others = any(section is not None for section in (config.mqtt, config.captions, config.web, config.speech))
        return ConsoleSink(jsonl=self._options.jsonl, is_required=self._options.exit_at_end and not has_others)

    def _start_monitoring(self) -> None:
        """Measure the temperature, serve metrics if they are configured, and log the health at the end."""
        config = self._plan.config
        escalation = self._status.escalation(Component.DAEMON)
        thermal = ThermalMonitor(config.rate.measure_every_s, self._controller.update_thermal, escalation)
        self._stack.callback(thermal.close)
        if config.metrics is not None:
            from edge.monitoring.metrics import MetricsServer  # takes 1.5 MB

            self._stack.callback(MetricsServer(config.metrics, self._stats.health, escalation).close)
        self._stack.callback(lambda: log.info("leaving: %s", self._stats.health().to_json()))

    def _word_factory(self) -> WordFactory:
        next_seq = None if self._outbox is None else self._outbox.claim_seq
        if next_seq is None and self._plan.config.web is not None:
            # A page that was open during an earlier run still shows its words, and must not correct others by mistake.
            next_seq = count(round(1000 * time())).__next__
        return WordFactory(
            StreamClock(fast=self._is_fast),
            model=self._plan.bundle.manifest.title,
            device=self._plan.config.device,
            threshold=self._plan.threshold,
            next_seq=next_seq,
        )

    def _use_model(self, plan: Plan) -> None:
        """Adjust threshold, health, kept takes and status line to the model that was swapped in."""
        manifest, old = plan.bundle.manifest, self._stats.model
        self._controller.raise_threshold, self._stats.model = manifest.spotter.raise_threshold, manifest.title
        self._stats.learned = _learned_in_use(plan)
        if self._learning is not None:
            self._learning.kept.use_labels(plan.bundle.folder / LABELS)
        fields = {"ISHARA_DEVICE": plan.config.device, "ISHARA_MODEL": manifest.title}
        if manifest.title == old:
            log.info("%s reads with another threshold, vocabulary, labels or learned signs", old, extra=fields)
        else:
            log.info("%s reads instead of %s", manifest.title, old, extra=fields)
        self._service.refresh()

    def _stop(self) -> None:
        self._service.stopping()
        self.source.camera.stop()


def _learned_in_use(plan: Plan) -> LearnedInUse | None:
    learned = plan.learned
    if learned is None:
        return None
    own = len(learned.own_signs)
    return LearnedInUse(version=learned.version, signs=learned.learned, own_signs=own, takes=learned.takes)


def _components(config: EdgeConfig) -> set[Component]:
    """Return the configured components that can fail."""
    sections = {
        Component.BROKER: config.mqtt,
        Component.SCREEN: config.captions,
        Component.WEB: config.web,
        Component.SPEECH: config.speech,
    }
    return {
        Component.CAMERA,
        Component.DAEMON,
        *(component for component, section in sections.items() if section is not None),
    }
