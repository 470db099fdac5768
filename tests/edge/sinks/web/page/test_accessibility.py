"""axe-core checks the live page: both languages, all themes, all pages. https://github.com/dequelabs/axe-core"""

from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from edge.monitoring.status import Component
from tests.edge.sinks.web.browser import LANGUAGES, PageVisit
from tests.edge.sinks.web.conftest import StartDevice

SEVERE = {"serious", "critical"}
THEMES = {"ar": ("dark", "light", "contrast"), "en": ("light",)}  # contrasts depend on no language


def severe_violations(visit: PageVisit) -> list[str]:
    violations = Axe().run(visit.page).response["violations"]
    severe = [violation for violation in violations if violation["impact"] in SEVERE]
    return [f"{violation['id']}: {node['html']}" for violation in severe for node in violation["nodes"]]


def test_page_has_no_severe_violation_in_any_language_and_theme(browser: Browser, start_device: StartDevice) -> None:
    device = start_device()
    device.sign_word()
    device.sign_word(0.6)
    device.end_utterance("قلب مستشفى", 1, 2, late=True)
    device.grow_line("ألم منذ 325 يوم", 4)
    device.status.report(Component.BROKER, "the broker does not answer")
    for language in LANGUAGES:
        visit = PageVisit(browser, device.url, language=language)
        visit["#history-words summary"].first.click()
        visit["#state summary"].click()
        expect(visit["#notices li"]).to_have_count(1)
        for theme in THEMES[language]:
            visit["#theme"].select_option(theme)
            visit["#to-device"].click()
            assert severe_violations(visit) == [], f"{language}, {theme}"
            visit["#to-dictionary"].click()
            visit["#dictionary-signs label"].first.click()
            expect(visit["#movement-next"]).to_be_visible()
            assert severe_violations(visit) == [], f"{language}, {theme}, dictionary"
            visit["#to-own"].click()
            assert severe_violations(visit) == [], f"{language}, {theme}, own camera"
        visit.close()


def test_docs_page_has_no_severe_violation(browser: Browser, start_device: StartDevice) -> None:
    visit = PageVisit(browser, start_device().url, color_scheme="dark")
    visit["footer a"].click()
    expect(visit["h1"]).to_contain_text("Ishara")
    assert severe_violations(visit) == []
    visit.close()


def test_login_page_has_no_severe_violation(browser: Browser, start_device: StartDevice, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef0123")
    visit = PageVisit(browser, f"{start_device(token_file=tmp_path / 'token').url}#wrong")
    expect(visit["#wrong"]).to_be_visible()
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for scheme in schemes:
        visit.page.emulate_media(color_scheme=scheme)
        expect(visit["html"]).to_have_attribute("data-theme", scheme)
        assert severe_violations(visit) == [], scheme
    visit.context.close()
