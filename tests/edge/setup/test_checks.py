"""Sends the command `setup` as the page does, and reads the state that comes back."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.commands import Commands
from edge.config import EdgeConfig, MqttConfig, WebConfig
from edge.lifecycle.plan import Plan
from edge.monitoring.meter import MeteredClassifier
from edge.monitoring.status import Component, DeviceStatus
from edge.requests import Command, SetupRequest
from edge.setup import check_process
from edge.setup import checks as module
from edge.setup.checks import SetupChecks
from edge.setup.state import Advice, SetupState, TrialOutcome
from edge.sinks.web.sink import PAGE_COMMANDS
from landmarkers.frame import Frame
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from models.subprocess_probe import SubprocessResult
from tests.edge.ports import free_port
from tests.edge.setup.test_guide import signer
from tests.edge.sinks.web.device import word
from tests.edge.tiny_bundle import SIGNS
from tests.edge.waiting import wait_until

PICTURE = np.random.default_rng(3).integers(60, 200, (480, 640, 3)).astype(np.uint8)


class Page:
    """The page of a device: it sends commands, and has the latest state."""

    def __init__(self, checks: SetupChecks) -> None:
        self.checks = checks
        self.states: list[str] = []
        self._commands = Commands(DeviceStatus())
        self._commands.register_payload(SetupRequest, checks.ask)
        checks.show_on(lambda state: self.states.append(state.to_json()))

    @property
    def state(self) -> SetupState:
        return SetupState.model_validate_json(self.states[-1])

    def send(self, action: str, accepted: Any = PAGE_COMMANDS, **payload: object) -> str | None:
        """Send a command; return why it was refused."""
        message = json.dumps({"command": "setup", "action": action, **payload})
        return self._commands.execute(message.encode(), accepted).error

    def wait(self, condition: Callable[[SetupState], object]) -> SetupState:
        wait_until(lambda: bool(condition(self.state)), "the state of set-up")
        return self.state


@pytest.fixture(scope="module")
def plan(bundle: Bundle) -> Plan:
    config = EdgeConfig(device="entrance", web=WebConfig(port=free_port()))
    return Plan(config, bundle, MeteredClassifier(OnnxClassifier(bundle)))


@pytest.fixture
def page(plan: Plan) -> Iterator[Page]:
    checks = SetupChecks(plan, DeviceStatus(), "/dev/video7")
    yield Page(checks)
    checks.close()


def test_command_answers_at_once_and_the_cameras_come_as_an_event(page: Page) -> None:
    began = time.monotonic()
    assert page.send("cameras") is None
    assert time.monotonic() - began < 0.5
    assert page.state.cameras is not None
    assert page.state.cameras.is_running
    assert page.send("cameras") is None, "a second browser is answered as well"
    found = page.wait(lambda state: state.cameras and not state.cameras.is_running).cameras
    assert found is not None


def test_camera_that_the_daemon_reads_is_marked(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = 'libcamera says hello\n[{"source": "/dev/video7", "name": "Webcam", "kind": "usb", "is_busy": true}]'
    monkeypatch.setattr(check_process, "run_python", lambda *_, **__: SubprocessResult(succeeded=True, text=answer))
    page.send("cameras")
    cameras = page.wait(lambda state: state.cameras and not state.cameras.is_running).cameras
    assert cameras is not None
    assert [(one.name, one.is_used, one.is_busy) for one in cameras.found] == [("Webcam", True, False)]


@pytest.mark.parametrize(
    "result", [SubprocessResult(succeeded=False, text="Killed"), SubprocessResult(succeeded=True, text="no JSON")]
)
def test_search_that_crashes_finds_nothing(
    result: SubprocessResult, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_process, "run_python", lambda *_, **__: result)
    for action in ("cameras", "brokers"):
        assert page.send(action) is None
    page.wait(lambda state: state.cameras and not state.cameras.is_running)
    assert page.wait(lambda state: state.brokers and not state.brokers.is_running).brokers is not None
    page.send("try_broker", broker={"host": "h"})
    broker = page.wait(lambda state: state.broker and not state.broker.is_running).broker
    assert broker is not None
    assert broker.outcome is TrialOutcome.FAILED


def test_signer_is_guided_until_somebody_stops_it(page: Page) -> None:
    page.send("guide")

    def show_and_look(state: SetupState) -> bool:
        page.checks.observe(Frame(PICTURE, time.monotonic()), signer(shoulders=0.06))
        return state.guide is not None and state.guide.advice is Advice.COME_CLOSER

    guide = page.wait(show_and_look).guide
    assert guide is not None
    assert guide.figures.factor is not None
    assert guide.figures.factor > 1.5
    assert page.send("stop") is None
    assert page.state.guide is None
    shown = len(page.states)
    time.sleep(1.2)
    assert len(page.states) == shown


def test_guide_tells_what_is_known_of_a_camera_without_a_picture(plan: Plan) -> None:
    status = DeviceStatus()
    status.report(Component.CAMERA, "the camera at cellar refuses the connection; check that it is switched on")
    checks = SetupChecks(plan, status, "/dev/video7")
    page = Page(checks)
    page.send("guide")
    guide = page.wait(lambda state: state.guide and state.guide.advice is Advice.NO_PICTURE).guide
    checks.close()
    assert guide is not None
    assert "refuses the connection" in str(guide.fault)


def test_guide_ends_by_itself(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GUIDE_S", 0.7)
    page.send("guide")
    page.wait(lambda state: state.guide is None)
    page.send("guide")
    assert page.state.guide is not None


def test_three_words_are_asked_for_and_seen(page: Page) -> None:
    page.send("try")
    tried = page.state.tried
    assert tried is not None
    assert 0 < len(tried.words) <= 3
    assert not any(one.seen for one in tried.words)
    number = next(index for index, sign in enumerate(SIGNS) if sign.sign_id == tried.words[0].sign.sign_id)
    page.checks.emit(word(1, 0.91, number))
    tried = page.state.tried
    assert tried is not None
    assert (tried.words[0].seen, tried.words[0].confidence) == (True, 0.91)
    page.send("try")
    assert page.state.tried is not None
    assert not page.state.tried.words[0].seen, "it begins anew"


def test_one_broker_is_tried_at_a_time(page: Page) -> None:
    broker = {"host": "127.0.0.1", "port": free_port(), "username": "u", "password": "kalimat-sirr"}
    assert page.send("try_broker", broker=broker) is None
    assert page.send("try_broker", broker={"host": "other"}) == "another broker is tried; that takes some seconds"
    tried = page.wait(lambda state: state.broker and not state.broker.is_running).broker
    assert tried is not None
    assert (tried.host, tried.username, tried.outcome) == ("127.0.0.1", "u", TrialOutcome.REFUSED)
    assert not any("kalimat-sirr" in state for state in page.states)


def test_broker_of_the_configuration(plan: Plan, page: Page) -> None:
    assert page.send("try_broker") == "no broker is configured, and none is given"
    mqtt = MqttConfig(host="127.0.0.1", port=free_port(), username="u", password_file=Path("/no/such/file"))
    page.checks.use_plan(replace(plan, config=plan.config.model_copy(update={"mqtt": mqtt})))
    assert page.send("try_broker") is None
    tried = page.wait(lambda state: state.broker and not state.broker.is_running).broker
    assert tried is not None
    assert (tried.username, tried.outcome) == ("u", TrialOutcome.NO_CONFIGURATION)


@pytest.mark.parametrize(
    "payload",
    [
        {"action": "scan"},
        {"action": "cameras", "broker": {"host": "h"}},
        {"action": "try_broker", "broker": {"host": "mqtt://h"}},
        {"action": "try_broker", "broker": {"host": "user@h"}},
        {"action": "try_broker", "broker": {"host": "h", "port": 0}},
        {"action": "try_broker", "broker": {"host": "h", "password": "p"}},
        {"action": "try_broker", "broker": {"host": "h", "ca": "PEM"}},
        {"action": "try_broker", "broker": {"host": "h" * 300}},
        {"action": "try_broker", "broker": {"host": "h", "username": "u", "password": "p" * 300}},
        {"action": "try_broker", "broker": {"host": "h", "username": "u", "password": "kalimat-sirr", "wrong": 1}},
    ],
)
def test_wrong_request_is_refused_and_quotes_no_password(page: Page, payload: dict[str, Any]) -> None:
    error = page.send(**payload)
    assert error is not None
    assert "kalimat-sirr" not in error
    assert page.state == SetupState()


def test_nobody_sets_up_over_mqtt(page: Page) -> None:
    mqtt = frozenset(Command) - {Command.SETUP, Command.SETTINGS}
    assert page.send("brokers", accepted=mqtt) == "the command setup is accepted on the live page alone"


def test_nothing_is_shown_after_the_end(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page.send("try_broker", broker={"host": "127.0.0.1", "port": free_port()})
    page.send("guide")
    page.checks.close()
    shown = len(page.states)
    time.sleep(1.0)
    assert len(page.states) == shown
