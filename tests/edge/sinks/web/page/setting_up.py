"""A device that is being set up: its set-up page is the real one, and a test decides what its checks find."""

import os
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from edge.config import WebConfig
from edge.requests.request import RequestRefused
from edge.requests.settings import SecretName, SettingsRequest
from edge.requests.setup import SetupRequest
from edge.settings.report import Change, ChangeReport, Phase, SettingsReport, SettingsState, Version, Versions
from edge.setup.bootstrap import SetupWebConfig, setup_config
from edge.setup.state import (
    Advice,
    BrokerSearch,
    BrokerTrial,
    CameraKind,
    CameraSearch,
    FoundBroker,
    FoundCamera,
    GuideFigures,
    GuideState,
    SetupState,
    TrialOutcome,
    TriedWord,
    TryState,
)
from edge.sinks.web.message import StateMessage
from models.labels import Sign
from tests.edge.ports import free_port
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.device import Device

FIRST = FoundCamera(source="/dev/v4l/by-id/usb-0-video-index0", name="HD Camera", kind=CameraKind.USB, is_used=True)
SECOND = FoundCamera(source="/dev/v4l/by-id/usb-1-video-index0", name="Web Cam", kind=CameraKind.USB, is_used=False)
PHONE = {"width": 360, "height": 740}
BROKER = FoundBroker(name="Home Assistant", host="homeassistant.local", port=1883, tls=False)
TRIED = (
    Sign(sign_id=76, word="قصبة هوائية", word_en="Trachea", kind="word"),
    Sign(sign_id=71, word="هيكل عظمي", word_en="Skeleton", kind="word"),
    Sign(sign_id=74, word="قلب", word_en="Heart", kind="word"),
)
VALUES: dict[str, Any] = {
    "device": "ishara",
    "camera.source": FIRST.source,
    "captions.theme": "dark",
    "captions.text_size": 1.0,
    "captions.english": True,
    "captions.preview": "skeleton",
    "web.view": "skeleton",
    "web.port": 8300,
}


def setup_web_config(state: Path) -> SetupWebConfig:
    """Return the configuration of a set-up page on a free port."""
    web = setup_config(state, os.environ | {"ISHARA_WEB_PORT": str(free_port())}).web
    assert isinstance(web, SetupWebConfig)
    return web


class FakeSettings:
    """Settings in memory, which every change is accepted for until `refusal` says why not."""

    def __init__(self, device: Device, *, is_setup: bool) -> None:
        self.values = dict(VALUES)
        self.secrets: dict[str, str] = {}
        self.read_only: str | None = None
        self.refusal: str | None = None
        self.is_setup = is_setup
        self.is_finished = False
        self.applied: list[dict[str, Any]] = []
        self._device = device
        self._before: list[dict[str, Any]] = []

    def answer(self, request: SettingsRequest) -> SettingsReport | ChangeReport | Versions:
        match request.action:
            case "get":
                names: tuple[SecretName, ...] = ("camera.password", "mqtt.ca", "mqtt.password", "web.token")
                return SettingsReport(
                    path="/var/lib/ishara/setup.toml",
                    is_setup=self.is_setup,
                    read_only=self.read_only,
                    values=self.values,
                    hidden=(),
                    secrets={name: name in self.secrets for name in names},
                    overridden={},
                )
            case "versions":
                return Versions(versions=self._versions())
            case "preview":
                wanted = request.changes or (VALUES if self.is_setup else {})
                return self._report(wanted, old={} if self.is_setup else self.values)
            case "apply":
                return self._apply(request)
            case "finish":
                self.is_finished = True
            case "undo":
                self.values = self._before.pop()
                self._tell(Phase.APPLYING)
                threading.Timer(0.2, self._tell, (Phase.APPLIED,)).start()
        return ChangeReport(difference="", changes=())

    def _apply(self, request: SettingsRequest) -> ChangeReport:
        if self.read_only is not None:
            raise RequestRefused(self.read_only)
        report = self._report(request.changes, old=self.values)
        self._tell(Phase.APPLYING)
        if self.refusal is not None:
            threading.Timer(0.2, self._tell, (Phase.REFUSED, self.refusal)).start()
            return report
        self._before.append(dict(self.values))
        for key, value in request.changes.items():
            if value is None:
                self.values = {one: old for one, old in self.values.items() if one.partition(".")[0] != key}
            else:
                self.values[key] = value
        for name, secret in request.secrets.items():
            if secret is not None:
                self.secrets[name] = secret.get_secret_value()
        self.applied.append(dict(request.changes))
        threading.Timer(0.2, self._tell, (Phase.APPLIED,)).start()
        return report

    def _versions(self) -> tuple[Version, ...]:
        from datetime import UTC, datetime

        return tuple(
            Version(
                number=number, at=datetime.now(UTC), by="page", changes=(Change(key="device", new="x"),), difference=""
            )
            for number, _ in enumerate(self._before, 1)
        )

    @staticmethod
    def _report(changes: dict[str, Any], old: dict[str, Any]) -> ChangeReport:
        listed = tuple(Change(key=key, old=old.get(key), new=new) for key, new in changes.items())
        return ChangeReport(difference="".join(f"+{key}\n" for key in changes), changes=listed)

    def _tell(self, phase: Phase, why: str | None = None) -> None:
        state = SettingsState(phase=phase, action="apply", why=why, is_setup=self.is_setup)
        self._device.sink.show_state(StateMessage("settings", state.to_json()))


class SetupDevice(Device):
    """A device whose page asks for the one-time code, or with `token_file` one that is set up."""

    def __init__(self, state: Path, port: int | None = None, **settings: Any) -> None:
        config: WebConfig | None = None
        if not settings:
            config = setup_web_config(state)
            self.code = config.read_token()
        super().__init__(port=config.port if config else port, config=config, **settings)
        self.url = f"https://127.0.0.1:{self.port}/setup" if config else self.url
        self.settings = FakeSettings(self, is_setup=config is not None)
        self.asked: list[SetupRequest] = []
        self.state = SetupState()
        self.commands.register_payload(SettingsRequest, self.settings.answer)
        self.commands.register_payload(SetupRequest, self._check)

    def find(self, **found: Any) -> None:
        """Change what the checks have found."""
        self.state = self.state.model_copy(update=found)
        self.sink.show_state(StateMessage("setup", self.state.to_json()))

    def advise(self, advice: Advice, fault: str | None = None, **figures: Any) -> None:
        """Change what the guide says."""
        self.find(guide=GuideState(advice=advice, figures=GuideFigures(**figures), fault=fault, seconds_left=60))

    def see(self, *seen: int) -> None:
        """Change which of the words were seen."""
        words = tuple(TriedWord(sign=sign, has_movement=True, seen=sign.sign_id in seen) for sign in TRIED)
        self.find(tried=TryState(words=words, seconds_left=600))

    def try_broker(self, outcome: TrialOutcome | None, detail: str | None = None) -> None:
        """Change what came of trying a broker."""
        request = self.asked[-1].broker
        host = "broker" if request is None else request.host
        is_running = outcome is None
        trial = BrokerTrial(is_running=is_running, host=host, port=1883, tls=False, outcome=outcome, detail=detail)
        self.find(broker=trial)

    def _check(self, request: SetupRequest) -> None:
        self.asked.append(request)
        match request.action:
            case "cameras":
                self.find(cameras=CameraSearch(is_running=False, found=(FIRST, SECOND)))
            case "guide":
                self.advise(Advice.NOBODY)
            case "try":
                self.see()
            case "stop":
                self.find(guide=None, tried=None)
            case "brokers":
                self.find(brokers=BrokerSearch(is_running=False, found=(BROKER,)))


def open_setup(browser: Browser, device: SetupDevice, **options: Any) -> PageVisit:
    """Open the set-up page and type the code."""
    visit = PageVisit(browser, device.url, ignore_https_errors=True, **options)
    visit["#token"].fill(device.code)
    visit["button.main"].click()
    return visit


def go_to(page: PageVisit, step: str) -> None:
    """Open a step by its name."""
    page[f'#setup-nav a[href="#settings-{step}"]'].click()
    expect(page[f'#setup-panel > [data-step="{step}"]']).to_be_visible()
