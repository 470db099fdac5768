"""Opens the configured sinks and connects them to model swaps, commands and the landmarks they preview."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version

from edge.commands import Commands
from edge.config import CaptionsConfig, MqttConfig, SpeechConfig, WebConfig
from edge.consent.learning import Learning
from edge.conversation import Conversation
from edge.corrections.corrector import Corrector
from edge.diagnostics.answers import DoctorAnswers
from edge.diagnostics.background_check import BackgroundCheck, CheckState, Phase
from edge.lifecycle.choices import Choices
from edge.lifecycle.hot_swap import SwapEvents
from edge.lifecycle.plan import Plan
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.observer import LandmarkObserver
from edge.requests import (
    Command,
    ConsentRequest,
    Correction,
    LearnedRequest,
    Reply,
    SettingsRequest,
    SetupRequest,
    Teach,
    Teaching,
)
from edge.settings.live import LiveSettings
from edge.setup.address_watch import AddressWatch
from edge.setup.bootstrap import SetupWebConfig
from edge.setup.checks import SetupChecks
from edge.setup.invitation import Invitation
from edge.sinks.captions.sink import CaptionSink
from edge.sinks.console import ConsoleSink
from edge.sinks.mqtt.discovery import Offers, find_trigger_words
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.publisher_state import PeriodicHealth
from edge.sinks.mqtt.sink import MqttSink
from edge.sinks.sink import Sink
from edge.sinks.web.message import MAX_LEARNED_BYTES, ActiveModel, StateMessage
from edge.sinks.web.sink import WebSink
from models.labels import labels_json


@dataclass(frozen=True, slots=True)
class Outputs:
    """The sinks of a conversation and the landmark observers among them, each in the order in which they receive."""

    plan: Plan
    status: DeviceStatus
    stats: PipelineStats
    swaps: SwapEvents
    conversation: Conversation
    stack: ExitStack
    """Closes each sink that was opened."""
    reload: Callable[[], None]
    """Has the daemon read everything again, so that it uses what was learned."""
    check: BackgroundCheck | None = None
    """Checks the device at a command; None if nobody may have it checked."""
    setup: SetupChecks | None = None
    """Checks cameras, the signer's place and brokers for the page."""
    settings: LiveSettings | None = None
    """The settings that the page reads and changes; None if it may not."""
    choices: Choices = field(default_factory=Choices)
    """The choices that may be made over MQTT."""
    observers: list[LandmarkObserver] = field(default_factory=list)

    def open_all(self, outbox: Outbox | None, console: ConsoleSink | None, learning: Learning | None) -> None:
        """Open every configured sink. Raises what a sink raises that refuses its configuration."""
        config, commands = self.plan.config, Commands(self.status)
        if config.captions is not None or config.web is not None:
            commands.register(Command.CLEAR, self.conversation.end)  # before what it says is cleared
        if learning is not None:
            commands.register_payload(ConsentRequest, learning.ask)
        kept = None if learning is None else learning.kept
        corrector = Corrector(self.conversation, self.plan.bundle.signs, kept)
        self.swaps.on_swap(lambda plan: corrector.use_signs(plan.bundle.signs))
        commands.register_payload(Correction, corrector.correct)
        if console is not None:
            self._add(console)
        captions = web = None
        if config.captions is not None:
            captions = self._open_captions(config.captions, commands)
        if config.web is not None:
            web = self._open_web(config.web, commands, learning)
            self._open_setup(commands, web)
            self._open_settings(web, commands)
        if isinstance(config.web, SetupWebConfig):
            self._watch_addresses(config.web, captions)
        if config.speech is not None:
            self._open_speech(config.speech)
        if learning is not None:
            self._open_learning(learning, commands, web, captions)
        self._open_doctor(commands, web)
        self.choices.register(commands)
        if config.mqtt is not None and outbox is not None:
            # Opened last: it announces the commands that the other sinks have registered. But it receives words first:
            # its outbox keeps a word if the daemon is killed, while a reader of the console may make it wait.
            self.conversation.sinks.insert(0, self._open_mqtt(config.mqtt, outbox, commands))

    def _add(self, sink: Sink) -> None:
        self.conversation.sinks.append(sink)
        self.stack.callback(sink.close)

    def _open_mqtt(self, config: MqttConfig, outbox: Outbox, commands: Commands) -> MqttSink:
        mqtt = MqttSink(
            config,
            outbox,
            device=self.plan.config.device,
            model=_model_json(self.plan),
            health=PeriodicHealth(self.stats.health, self.plan.config.health_every_s),
            status=self.status,
            commands=commands,
            offers=self._offers(self.plan),
        )
        self.stack.callback(mqtt.close)
        if mqtt.snapshots is not None:
            self.observers.append(mqtt.snapshots)
        self.swaps.on_swap(lambda plan: mqtt.publish_model(_model_json(plan), self._offers(plan)))
        if self.check is not None:
            self.check.show_on(partial(_publish_findings, mqtt))
        return mqtt

    def _offers(self, plan: Plan) -> Offers:
        """Return what Home Assistant may choose from, and the triggers of the words that a plan says."""
        mqtt, choices = plan.config.mqtt, self.choices
        entries = () if mqtt is None else mqtt.trigger_words
        words = find_trigger_words(entries, plan.bundle.signs, plan.allowed)
        return Offers(words, choices.models, choices.vocabularies, plan.config.web)

    def _open_captions(self, config: CaptionsConfig, commands: Commands) -> CaptionSink:
        captions = CaptionSink(config, device=self.plan.config.device, status=self.status)
        web = self.plan.config.web
        if isinstance(web, SetupWebConfig):
            captions.invite(**web.invitation.shown)
            commands.on_executed(captions.postpone_invitation)
        self._add(captions)
        self.observers.append(captions)
        commands.register(Command.CLEAR, captions.clear)
        commands.register(Command.IDENTIFY, captions.identify)
        commands.register_payload(Reply, captions.show_reply)
        return captions

    def _watch_addresses(self, web: SetupWebConfig, captions: CaptionSink | None) -> None:
        """Keep the invitation right, also on the screen."""

        def show(invitation: Invitation) -> None:
            if captions is not None:
                captions.invite(**invitation.shown)

        self.stack.callback(AddressWatch(web, show, self.status.escalation(Component.DAEMON)).close)

    def _open_speech(self, config: SpeechConfig) -> None:
        from edge.sinks.speech.sink import SpeechSink

        self._add(SpeechSink(config, status=self.status))

    def _open_web(self, config: WebConfig, commands: Commands, learning: Learning | None) -> WebSink:
        web = WebSink(
            config,
            device=self.plan.config.device,
            version=version("ishara"),
            active_model=_active_model(self.plan),
            health=self.stats.health,
            status=self.status,
            commands=commands,
        )
        self._add(web)
        self.observers.append(web)
        self.swaps.on_swap(lambda plan: web.set_model(_active_model(plan)))
        if learning is not None:
            show = partial(_show_consent, learning, web)
            self.status.subscribe(show)
            show()
        commands.register(Command.CLEAR, web.clear)
        commands.register_payload(Reply, web.show_reply)
        return web

    def _open_setup(self, commands: Commands, web: WebSink) -> None:
        """Let the page check cameras, the signer's place and brokers."""
        setup = self.setup
        if setup is None:
            return
        self._add(setup)
        self.observers.append(setup)
        self.swaps.on_swap(setup.use_plan)
        setup.show_on(lambda state: web.show_state(StateMessage("setup", state.to_json())))
        commands.register_payload(SetupRequest, setup.ask)

    def _open_doctor(self, commands: Commands, web: WebSink | None) -> None:
        """Let commands begin a health check, and fetch what it found."""
        check = self.check
        if check is None:
            return
        answers = DoctorAnswers(check, self.plan.config, self.stats.health)
        answers.register(commands)
        if web is not None:
            check.show_on(lambda state: web.show_state(StateMessage("doctor", state.to_json())))

    def _open_settings(self, web: WebSink, commands: Commands) -> None:
        """Let the page change the settings."""
        if self.settings is None:
            return
        commands.register_payload(SettingsRequest, self.settings.answer)
        end = self.settings.show_on(lambda state: web.show_state(StateMessage("settings", state.to_json())))
        self.stack.callback(end)

    def _open_learning(
        self, learning: Learning, commands: Commands, web: WebSink | None, captions: CaptionSink | None
    ) -> None:
        """Let commands and corrections teach the device."""
        from edge.learning.answers import LearnedAnswers
        from edge.learning.corrections import LearnedCorrections
        from edge.learning.following import VersionFollower
        from edge.learning.prompter import teaching_message
        from edge.learning.sessions import TeachingSessions

        answers = LearnedAnswers(self.plan, learning.folder, self.reload)
        corrections = LearnedCorrections(self.plan, learning.folder, self.reload)
        learning.kept.on_correction = corrections.learn
        commands.register_payload(LearnedRequest, answers.answer)
        sessions = TeachingSessions(self.plan, learning, self.status, self.reload)
        if web is not None:
            sessions.show_on(lambda state: web.show_state(StateMessage("teaching", state.to_json())))
        if captions is not None:
            sessions.show_on(lambda state: captions.show_teaching(teaching_message(state, time.monotonic())))
        if learning.config.teach:
            commands.register_payload(Teach, sessions.teach)
            commands.register_payload(Teaching, sessions.steer)
        self.observers.append(sessions)
        self.stack.callback(sessions.close)
        escalation = self.status.escalation(Component.DAEMON)
        follower = VersionFollower(self.plan, learning.folder.folder, self.reload, escalation)
        self.stack.callback(follower.close)
        for user in (answers, corrections, sessions, follower):
            self.swaps.on_swap(user.use_plan)


def _publish_findings(mqtt: MqttSink, state: CheckState) -> None:
    if state.phase in (Phase.DONE, Phase.FAILED):
        mqtt.publish_findings(state.to_json())


def _show_consent(learning: Learning, web: WebSink) -> None:
    web.show_state(StateMessage("consent", learning.state_json()))


def _model_json(plan: Plan) -> str:
    content = plan.bundle.manifest.model_dump(mode="json", exclude={"files", "spotter"})
    content |= {"signs": len(plan.bundle.signs), "vocabulary": plan.allowed_count}
    chosen = {"installed_as": plan.installed_as, "vocabulary_name": plan.vocabulary_name}
    return json.dumps(content | chosen, ensure_ascii=False)


def _active_model(plan: Plan) -> ActiveModel:
    bundle, learned = plan.bundle, b"" if plan.learned is None else plan.learned.head_file
    return ActiveModel(
        bundle.manifest.title,
        str(bundle.folder),
        plan.threshold,
        plan.allowed_count,
        labels_json(bundle.signs).decode(),
        None if plan.allowed is None else tuple(sorted(plan.allowed)),
        learned if len(learned) <= MAX_LEARNED_BYTES else b"",
    )
