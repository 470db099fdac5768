"""The checks of set-up on the running device: carries out the command `setup`, and tells what was found as it comes.

What takes long runs in a process of its own, on a thread that waits for it: a driver that hangs, a library that crashes
or a stranger's broker harms no stage of the daemon.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import Final

from pydantic import TypeAdapter, ValidationError

from edge.config import EdgeConfig, MqttConfig
from edge.lifecycle.plan import Plan
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.word import Word
from edge.requests import RequestRefused, SetupRequest
from edge.setup.bootstrap import SetupWebConfig
from edge.setup.broker_request import access_json, section_json
from edge.setup.check_process import run_check
from edge.setup.easy_words import Trial, choose_words, shown_signs
from edge.setup.guide import CameraFault, Guide, PersonSizes
from edge.setup.state import (
    Advice,
    BrokerSearch,
    BrokerTrial,
    CameraSearch,
    FoundBroker,
    FoundCamera,
    GuideState,
    SetupState,
    TrialOutcome,
    TrialResult,
    TryState,
)
from edge.setup.used_camera import mark_used
from edge.utterances.utterance import Event
from edge.workers.supervised_thread import SupervisedThread
from landmarkers.frame import Frame, Landmarks

_CAMERAS: Final = TypeAdapter(tuple[FoundCamera, ...])
_BROKERS: Final = TypeAdapter(tuple[FoundBroker, ...])
_GUIDE_S: Final = 60.0
_TRY_S: Final = 600.0
_TICK_S: Final = 0.5
_CLOSE_TIMEOUT_S: Final = 2.0

Show = Callable[[SetupState], None]


class SetupChecks:
    """Carries out `setup`; observes landmarks and receives words while somebody is guided or tries a word."""

    def __init__(self, plan: Plan, status: DeviceStatus, source: str, person_sizes: PersonSizes | None = None) -> None:
        """`source` is what the daemon reads; `person_sizes` finds the people in a frame, on the pipeline's thread."""
        self._plan = plan
        self._camera_fault: CameraFault = lambda: status.faults.get(Component.CAMERA)
        self._escalation = replace(status.escalation(Component.DAEMON), give_up=None)
        self._source = source
        self._person_sizes = person_sizes
        self._shows: list[Show] = []
        self._lock = threading.RLock()
        self._state = SetupState()
        self._guide: Guide | None = None
        self._trial: Trial | None = None
        self._guide_until = self._try_until = 0.0
        self._threads: dict[str, SupervisedThread] = {}
        self._closing = threading.Event()

    def show_on(self, show: Show) -> None:
        """Show the state in another place too, now and whenever it changes; it must not block."""
        with self._lock:
            self._shows.append(show)
            show(self._state)

    def use_plan(self, plan: Plan) -> None:
        """Ask for words of another plan's vocabulary from the next time on."""
        self._plan = plan

    def ask(self, request: SetupRequest) -> None:
        """Begin a check, or end those that last. Raises RequestRefused."""
        begin: Mapping[str, Callable[[], None]] = {
            "cameras": self._begin_cameras,
            "brokers": self._begin_brokers,
            "guide": self._begin_guide,
            "try": self._begin_try,
            "try_broker": lambda: self._begin_trial(request),
            "stop": self._stop,
        }
        with self._lock:
            begin[request.action]()

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Measure a frame while somebody is guided."""
        guide = self._guide
        if guide is not None:
            guide.observe(frame, landmarks)

    def emit(self, event: Event) -> None:
        """Note a word while somebody tries one."""
        trial = self._trial
        if trial is not None and isinstance(event, Word):
            trial.see(event)
            with self._lock:
                self._update_try(monotonic())

    def close(self) -> None:
        """End all checks; a process that still runs ends by itself, and nothing is shown of it."""
        self._closing.set()
        with self._lock:
            self._guide = self._trial = None
            self._shows.clear()
            threads = [*self._threads.values()]
        for thread in threads:
            thread.close(0.0 if thread.is_alive else _CLOSE_TIMEOUT_S)

    def _begin_cameras(self) -> None:
        search = CameraSearch(is_running=True, found=() if self._state.cameras is None else self._state.cameras.found)
        if self._run("cameras", "", self._finish_cameras):
            self._update(cameras=search)

    def _finish_cameras(self, answer: str | None) -> None:
        found = () if answer is None else _CAMERAS.validate_json(answer)
        self._update(cameras=CameraSearch(is_running=False, found=mark_used(found, self._source)))

    def _begin_brokers(self) -> None:
        search = BrokerSearch(is_running=True, found=() if self._state.brokers is None else self._state.brokers.found)
        if self._run("brokers", "", self._finish_brokers):
            self._update(brokers=search)

    def _finish_brokers(self, answer: str | None) -> None:
        found = () if answer is None else _BROKERS.validate_json(answer)
        self._update(brokers=BrokerSearch(is_running=False, found=found))

    def _begin_trial(self, request: SetupRequest) -> None:
        config, device = _configured_broker(self._plan.config), self._plan.config.device
        tried = config if request.broker is None else request.broker
        if tried is None:
            raise RequestRefused("no broker is configured, and none is given")
        if request.broker is None:
            argument = section_json(config, device) if config is not None else ""
        else:
            argument = access_json(request.broker, device)
        state = BrokerTrial(is_running=True, host=tried.host, port=tried.port, tls=tried.tls, username=tried.username)
        if not self._run("broker", argument, lambda answer: self._finish_trial(state, answer)):
            raise RequestRefused("another broker is tried; that takes some seconds")
        self._update(broker=state)

    def _finish_trial(self, state: BrokerTrial, answer: str | None) -> None:
        failed = TrialResult(outcome=TrialOutcome.FAILED)
        result = failed if answer is None else TrialResult.model_validate_json(answer)
        self._update(broker=state.model_copy(update={"is_running": False, **dict(result)}))

    def _begin_guide(self) -> None:
        if self._guide is None:
            rotation_degrees = self._plan.config.camera.rotation_degrees
            self._guide = Guide(rotation_degrees, self._person_sizes, camera_fault=self._camera_fault)
        self._guide_until = monotonic() + _GUIDE_S
        self._update_guide(monotonic())
        self._start_ticking()

    def _begin_try(self) -> None:
        plan = self._plan
        shown = shown_signs(plan.bundle.folder)
        self._trial = Trial(choose_words(plan.bundle.signs, plan.allowed, shown), shown)
        self._try_until = monotonic() + _TRY_S
        self._update_try(monotonic())
        self._start_ticking()

    def _stop(self) -> None:
        self._guide = self._trial = None
        self._update(guide=None, tried=None)

    def _start_ticking(self) -> None:
        thread = self._threads.get("tick")
        if thread is None or not thread.is_alive:
            self._threads["tick"] = thread = SupervisedThread("the guide of set-up", self._tick, self._escalation)
            thread.start()

    def _tick(self) -> None:
        """Show guide and tried words until both have ended."""
        while not self._closing.wait(_TICK_S):
            with self._lock:
                now = monotonic()
                if self._guide is not None:
                    self._update_guide(now)
                if self._trial is not None and now >= self._try_until:
                    self._update_try(now)
                if self._guide is None and self._trial is None:
                    del self._threads["tick"]  # with the lock: whoever begins next starts another one
                    return

    def _update_guide(self, now: float) -> None:
        guide, left = self._guide, self._guide_until - now
        if guide is None or left <= 0:
            self._guide = None
            self._update(guide=None)
            return
        advice, figures = guide.advice()
        fault = self._camera_fault() if advice is Advice.NO_PICTURE else None
        self._update(guide=GuideState(advice=advice, figures=figures, fault=fault, seconds_left=round(left)))

    def _update_try(self, now: float) -> None:
        trial, left = self._trial, self._try_until - now
        if trial is None or left <= 0:
            self._trial = None
            self._update(tried=None)
            return
        self._update(tried=TryState(words=trial.words, others=trial.others, seconds_left=round(left)))

    def _run(self, name: str, argument: str, finish: Callable[[str | None], None]) -> bool:
        """Run a check in a process, and hand over what it prints, None if it fails; False while one is running."""
        running = self._threads.get(name)
        if running is not None and running.is_alive:
            return False

        def run() -> None:
            answer = run_check(name, argument)
            with self._lock:
                if not self._closing.is_set():
                    _hand_over(answer, finish)

        self._threads[name] = thread = SupervisedThread(f"the check of {name}", run, self._escalation)
        thread.start()
        return True

    def _update(self, **changes: object) -> None:
        """Change parts of the state and show it; with the lock."""
        with self._lock:
            changed = self._state.model_copy(update=changes)
            if changed != self._state:
                self._state = changed
                for show in self._shows:
                    show(changed)


def _configured_broker(config: EdgeConfig) -> MqttConfig | None:
    """Return the broker of the configuration; in set-up the one that was chosen, to which nothing is connected yet."""
    return config.web.broker if isinstance(config.web, SetupWebConfig) else config.mqtt


def _hand_over(answer: str | None, finish: Callable[[str | None], None]) -> None:
    """Hand over the answer of a check, or None where it cannot be understood."""
    if answer is not None:
        with suppress(ValidationError):
            finish(answer)
            return
    finish(None)
