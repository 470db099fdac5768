"""axe-core looks through the live page: both languages, all themes, both pages. https://github.com/dequelabs/axe-core"""

from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from edge.monitoring.status import Component
from tests.edge.sinks.web.browser import LANGUAGES, PageVisit
from tests.edge.sinks.web.conftest import SwitchOn

GRAVE = {"serious", "critical"}


def grave_faults(visit: PageVisit) -> list[str]:
    faults = Axe().run(visit.page).response["violations"]
    return [f"{fault['id']}: {node['html']}" for fault in faults if fault["impact"] in GRAVE for node in fault["nodes"]]


def test_the_page_has_no_grave_fault_in_any_language_and_theme(browser: Browser, switch_on: SwitchOn) -> None:
    device = switch_on()
    device.sign_word()
    device.sign_word(0.6)
    device.status.report(Component.BROKER, "the broker does not answer")
    for language in LANGUAGES:
        visit = PageVisit(browser, device.url, language=language)
        visit["#history-words summary"].first.click()
        visit["#state summary"].click()
        expect(visit["#notices li"]).to_have_count(1)
        for theme in ("dark", "light", "contrast"):
            visit["#theme"].select_option(theme)
            visit["#to-device"].click()
            assert grave_faults(visit) == [], f"{language}, {theme}"
            visit["#to-own"].click()
            assert grave_faults(visit) == [], f"{language}, {theme}, own camera"
        visit.close()


def test_the_page_of_the_interface_for_programs_has_no_grave_fault(browser: Browser, switch_on: SwitchOn) -> None:
    visit = PageVisit(browser, switch_on().url, color_scheme="dark")
    visit["footer a"].click()
    expect(visit["h1"]).to_contain_text("Ishara")
    assert grave_faults(visit) == []
    visit.close()


def test_the_login_page_has_no_grave_fault(browser: Browser, switch_on: SwitchOn, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef0123")
    visit = PageVisit(browser, f"{switch_on(token_file=tmp_path / 'token').url}#wrong")
    expect(visit["#wrong"]).to_be_visible()
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for scheme in schemes:
        visit.page.emulate_media(color_scheme=scheme)
        expect(visit["html"]).to_have_attribute("data-theme", scheme)
        assert grave_faults(visit) == [], scheme
    visit.context.close()
