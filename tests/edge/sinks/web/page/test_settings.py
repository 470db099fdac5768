"""The settings of a device on its live page, for who has logged in; and what the page weighs without them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from edge.setup.state import Advice
from tests.edge.sinks.web.browser import LANGUAGES, PageVisit
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.page.setting_up import SECOND, SetupDevice
from tests.edge.sinks.web.page.showing import wait_until_live
from tests.edge.sinks.web.page.test_accessibility import severe_violations
from tests.edge.waiting import wait_until

MAX_BYTES = 130_000
STEPS = ("camera", "try", "screen", "broker", "page", "name", "versions")


def loaded(visit: PageVisit) -> dict[str, int]:
    """Return the bytes of the page and of each of its files, uncompressed."""
    sizes: dict[str, int] = visit.page.evaluate(
        """() => Object.fromEntries(
            [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
                .filter(({name}) => !name.includes("/api/"))
                .map(({name, decodedBodySize}) => [name, decodedBodySize])
        )"""
    )
    return sizes


@pytest.fixture
def device(tmp_path: Path) -> Iterator[SetupDevice]:
    (tmp_path / "token").write_text(TOKEN)
    running = SetupDevice(tmp_path, token_file=tmp_path / "token")
    yield running
    running.stop()


@pytest.fixture
def page(browser: Browser, device: SetupDevice) -> Iterator[PageVisit]:
    visit = PageVisit(browser, f"{device.url}?token={TOKEN}")
    wait_until_live(visit)
    yield visit
    visit.close()


def test_page_stays_small_and_loads_the_settings_when_they_are_opened(browser: Browser, device: SetupDevice) -> None:
    visit = PageVisit(browser, f"{device.url}?token={TOKEN}")
    wait_until_live(visit)
    sizes = loaded(visit)
    assert 50_000 < sum(sizes.values()) <= MAX_BYTES
    assert not any("setup" in url for url in sizes)
    visit["#to-settings"].click()
    expect(visit["#setup-title"]).to_have_text("Camera")
    assert any("setup" in url for url in loaded(visit))
    visit.close()


def test_change_is_shown_before_it_is_made_and_can_be_undone(page: PageVisit, device: SetupDevice) -> None:
    page["#to-settings"].click()
    page['#setup-nav a[href="#settings-name"]'].click()
    expect(page["[name=device]"]).to_have_value("ishara")
    page["[name=device]"].fill("ward-3")
    page["#setup-next"].click()
    expect(page["#setup-asked-changes"]).to_contain_text("ward-3")
    page["#setup-decline"].click()
    expect(page["#setup-asked"]).to_be_hidden()
    assert device.settings.applied == []
    page["#setup-next"].click()
    page["#setup-confirm"].click()
    expect(page["#setup-status"]).to_have_text("Done: the device uses it.")
    assert device.settings.values["device"] == "ward-3"
    page['#setup-nav a[href="#settings-versions"]'].click()
    expect(page["#setup-versions li"]).to_have_count(1)
    page["#setup-undo"].click()
    wait_until(lambda: device.settings.values["device"] == "ishara", "the undoing")
    expect(page["#setup-no-versions"]).to_be_visible()


def test_camera_is_not_changed_before_that_is_confirmed(page: PageVisit, device: SetupDevice) -> None:
    page["#to-settings"].click()
    expect(page["#setup-advice"]).to_contain_text("Stand before the camera")
    device.advise(Advice.GOOD)
    expect(page["#setup-advice"]).to_contain_text("Good")
    expect(page["#setup-view #view"]).to_be_visible()
    page["#setup-cameras label"].filter(has_text=SECOND.name).click()
    page["#setup-next"].click()
    expect(page["#setup-asked-changes"]).to_contain_text(SECOND.source)
    assert device.settings.applied == []
    page["#to-device"].click()
    expect(page["#device-page #view"]).to_be_visible()


def test_settings_that_are_managed_elsewhere_are_read_only_and_say_why(page: PageVisit, device: SetupDevice) -> None:
    device.settings.read_only = "the file says managed = true"
    page["#to-settings"].click()
    expect(page["#setup-read-only"]).to_contain_text("the file says managed = true")
    for step in ("screen", "broker", "page", "name"):
        page[f'#setup-nav a[href="#settings-{step}"]'].click()
        fields = page[f'[data-step="{step}"] :is(input, textarea):visible']
        expect(fields.first).to_be_visible()
        for field in fields.all():
            expect(field).to_be_disabled()
        expect(page["#setup-next"]).to_be_disabled()


def test_reason_why_settings_are_read_only_is_arabic_on_the_arabic_page(page: PageVisit, device: SetupDevice) -> None:
    why = "another system manages the settings in /etc/ishara/edge.toml, which say managed = true: change them there"
    device.settings.read_only = why
    page["#language"].click()
    page["#to-settings"].click()
    expect(page["#setup-read-only"]).to_contain_text("يدير نظام آخر الإعدادات")
    expect(page["#setup-read-only"]).to_contain_text("غيّروها هناك")


def test_settings_shut_nobody_out(page: PageVisit) -> None:
    page["#to-settings"].click()
    for _ in LANGUAGES:
        for step in STEPS:
            page[f'#setup-nav a[href="#settings-{step}"]'].click()
            expect(page[f'#setup-panel > [data-step="{step}"]']).to_be_visible()
            assert severe_violations(page) == [], step
        page["#language"].click()


def test_settings_are_not_offered_without_a_token(browser: Browser, tmp_path: Path) -> None:
    running = SetupDevice(tmp_path, view="picture")
    visit = PageVisit(browser, running.url)
    wait_until_live(visit)
    expect(visit["#to-settings"]).to_be_hidden()
    visit.close()
    running.stop()
