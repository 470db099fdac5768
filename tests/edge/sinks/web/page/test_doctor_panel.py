"""The panel "Health check" of the page: who has logged in has the device check itself, and saves the bundle."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from edge.diagnostics.answers import SupportBundle
from edge.diagnostics.background_check import CheckState, Phase
from edge.diagnostics.finding import Finding, State
from edge.requests import DoctorRequest, RequestRefused, SupportBundleRequest
from edge.sinks.web import pages
from edge.sinks.web.message import StateMessage
from tests.edge.sinks.web.browser import LANGUAGES, PageVisit
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.conftest import StartDevice
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.page.test_accessibility import severe_violations

FINDINGS = (
    Finding("processor", State.OK, "aarch64, Cortex-A76"),
    Finding(
        "clock", State.WARNING, "not synchronised, so words may carry a wrong time", "sudo timedatectl set-ntp true"
    ),
    Finding("broker", State.FAILED, "the broker b.example:1883 is lost", "mend it"),
    Finding("speech", State.SKIPPED, "none is configured, so nothing is said aloud"),
)
ARCHIVE = b"PK an archive"


class Checked:
    """A device whose checks a test controls."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.refusal = ""
        device.commands.register_payload(DoctorRequest, self._begin)
        device.commands.register_payload(SupportBundleRequest, self._bundle)
        self.show(CheckState())

    def show(self, state: CheckState) -> None:
        self.device.sink.show_state(StateMessage("doctor", state.to_json()))

    def finish(self, *findings: Finding, ready: bool) -> None:
        self.show(CheckState(phase=Phase.DONE, at=datetime.now(UTC), ready=ready, findings=findings))

    def _begin(self, _request: DoctorRequest) -> CheckState:
        if self.refusal:
            raise RequestRefused(self.refusal)
        self.show(CheckState(phase=Phase.RUNNING, at=datetime.now(UTC), findings=FINDINGS[:1]))
        return CheckState(phase=Phase.RUNNING)

    def _bundle(self, _request: SupportBundleRequest) -> SupportBundle:
        return SupportBundle(name="ishara-support-1.zip", content=base64.b64encode(ARCHIVE).decode())


@pytest.fixture
def checked(start_device: StartDevice, tmp_path: Path) -> Checked:
    (tmp_path / "token").write_text(TOKEN)
    return Checked(start_device(token_file=tmp_path / "token"))


def open_panel(browser: Browser, checked: Checked, language: str = "en", **options: Any) -> PageVisit:
    page = PageVisit(browser, f"{checked.device.url}?token={TOKEN}", language=language, **options)
    page["#doctor > summary"].click()
    expect(page["#doctor-check"]).to_be_visible()
    return page


def test_somebody_has_the_device_checked_and_saves_the_bundle(
    browser: Browser, checked: Checked, tmp_path: Path
) -> None:
    page = open_panel(browser, checked)
    expect(page["#doctor-status"]).to_have_text("Not checked yet.")
    expect(page["#doctor-save"]).to_be_hidden()
    page["#doctor-check"].click()
    expect(page["#doctor-status"]).to_have_text("Checking. Findings so far: 1")
    expect(page["#doctor-check"]).to_be_disabled()
    checked.finish(*FINDINGS, ready=False)
    expect(page["#doctor-status"]).to_contain_text("something must be mended. To look at: 2")
    shown = page["#doctor-findings .finding"]
    expect(shown).to_have_count(2)
    expect(shown.nth(0)).to_contain_text("Broker")
    expect(shown.nth(0)).to_contain_text("the broker b.example:1883 is lost")
    expect(shown.nth(0).locator(".remedy")).to_have_text("To do: mend it")
    expect(page["#doctor-rest summary"]).to_have_text("All other checks: 2")
    page["#doctor-rest summary"].click()
    expect(page["#doctor-others .finding"]).to_contain_text(["Processor", "Speech"])
    with page.page.expect_download() as download:
        page["#doctor-save"].click()
    assert download.value.suggested_filename == "ishara-support-1.zip"
    download.value.save_as(tmp_path / "saved.zip")
    assert (tmp_path / "saved.zip").read_bytes() == ARCHIVE
    page.close()


def test_refusal_is_shown(browser: Browser, checked: Checked) -> None:
    checked.refusal = "a health check has just ended; wait 7 s"
    page = open_panel(browser, checked, "ar")
    page["#doctor-check"].click()
    expect(page["#doctor-fault"]).to_contain_text("انتهى فحص للتو")
    page.problems.clear()  # the browser logs each refused request
    page.close()


def test_panel_is_in_arabic_and_accessible(browser: Browser, checked: Checked) -> None:
    checked.finish(*FINDINGS, ready=False)
    for language in LANGUAGES:
        page = open_panel(browser, checked, language, viewport={"width": 360, "height": 640})
        page["#doctor-rest summary"].click()
        for theme in ("dark", "light", "contrast"):
            page["#theme"].select_option(theme)
            assert severe_violations(page) == [], f"{language}, {theme}"
        if language == "ar":
            expect(page["#doctor-findings .finding"].first).to_contain_text("انقطع الاتصال بالخادم")
            english = page["#doctor-findings .remedy bdi[lang=en]"]
            expect(english).to_have_text(["mend it", "sudo timedatectl set-ntp true"])
        page.close()


def test_panel_is_hidden_from_who_may_send_no_commands(browser: Browser, start_device: StartDevice) -> None:
    device = start_device()
    page = PageVisit(browser, device.url)
    expect(page["#device-name"]).to_have_text("entrance")
    expect(page["#doctor"]).to_be_hidden()
    page.close()


def test_every_phase_and_state_has_a_text() -> None:
    texts = (pages.FOLDER / "doctor-texts.js").read_text(encoding="utf-8")
    assert [state for state in State if texts.count(f'"finding-{state}":') != len(LANGUAGES)] == []
