"""The page on which somebody teaches the device: the session, as the browser shows it, and what it sends."""

import os
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from playwright.sync_api import Browser, expect

from edge.attempts.rejection import Fault
from edge.learned.versions import What
from edge.learning.report import Learned, Phase, TeachingState
from edge.requests import LearnedRequest, Request, Teach, Teaching
from edge.sinks.captions.theme import THEMES
from edge.sinks.web import pages
from edge.sinks.web.message import StateMessage
from models.labels import Sign
from tests.edge.sinks.web.browser import LANGUAGES, PageVisit
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.conftest import StartDevice
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.page.showing import wait_until_live
from tests.edge.sinks.web.page.test_accessibility import severe_violations
from tests.edge.sinks.web.page.test_sentences import SHOW
from tests.edge.waiting import wait_until

COFFEE: Final = Sign(sign_id=1_000_000_007, word="قهوة", word_en="Coffee")
TRACHEA: Final = Sign(sign_id=76, word="قصبة هوائية", word_en="trachea")
NOTHING: Final = Learned(version=None, signs=(), history=())
OPEN: Final = {"person": "أمل", "sign": COFFEE, "is_own": True, "position": 3, "takes": 5, "kept": 2}
QUESTIONS: Final = '{"device": "هل توافقون؟ Do you agree?", "training": "ولغيره؟ For others too?"}'


REFUSALS: Final = [
    "another session is open",
    "the device is paused",
    "nobody is asked to sign now",
    "finish is not possible now",
    "teaching is off on this device: teach is false in [learning]",
    "karsl-230@2 cannot be taught signs, as it was exported without what that needs",
    'takes of words are not kept on this device: keep is "none" in [learning]',
    "the consent cannot be written to /var/lib/ishara/learning-entrance: No space left on device",
    "5 takes in a row of قهوة (Coffee) were not good enough, the last one because your shoulders were out of view",
    "it is learned, but not in use yet; the log says why",
    "teaching failed unexpectedly; the log says how",
    "the consent has ended, so that nothing may be kept",
    "nobody decided whether the take is to be kept",
    "this device reads no letters to calibrate with",
    "what was learned cannot be changed: Permission denied",
    "this device has learned from no such take, or it was taken back",
]


def consent(session: str = "null") -> StateMessage:
    return StateMessage("consent", f'{{"is_on": true, "session": {session}, "words": {QUESTIONS}}}')


def teaching(phase: Phase = Phase.IDLE, **changes: Any) -> StateMessage:
    return StateMessage("teaching", TeachingState(phase=phase, **changes).model_dump_json())


@pytest.fixture(scope="module")
def module_device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    file = tmp_path_factory.mktemp("secrets") / "token"
    file.write_text(TOKEN)
    device = Device(token_file=file)
    yield device
    device.stop()


@pytest.fixture(scope="module")
def module_requests(module_device: Device) -> list[Request]:
    """The requests that the device has executed."""
    executed: list[Request] = []
    for kind in (Teach, Teaching):
        module_device.commands.register_payload(kind, executed.append)
    module_device.commands.register_payload(LearnedRequest, lambda _request: NOTHING)
    return executed


@pytest.fixture
def requests(module_requests: list[Request]) -> list[Request]:
    module_requests.clear()
    return module_requests


@pytest.fixture
def device(module_device: Device, requests: list[Request]) -> Device:
    """A device on which nobody teaches, and nothing is kept."""
    module_device.sink.show_state(consent())
    module_device.sink.show_state(teaching())
    return module_device


def open_tab(browser: Browser, device: Device, language: str = "en", **options: Any) -> PageVisit:
    """Open the page signed in, and its tab."""
    page = PageVisit(browser, f"{device.url}?token={TOKEN}", language=language, **options)
    page["#to-teach"].click()
    expect(page["#teach-form"]).to_be_visible()
    return page


def test_every_phase_fault_and_change_has_a_text() -> None:
    texts = (pages.FOLDER / "teach-texts.js").read_text(encoding="utf-8")
    named = {"teach": [*Phase][1:], "fault": [*Fault], "learned": get_args(What)}
    wanted = [f'"{part}-{name.replace(" ", "-")}":' for part, names in named.items() for name in names]
    assert [name for name in wanted if texts.count(name) != len(LANGUAGES)] == []


def fill_form(page: PageVisit, word: str = "قهوة", english: str | None = "Coffee") -> None:
    page["#teach-arabic"].fill(word)
    if english is not None:
        page["#teach-english"].fill(english)
    page["#teach-form [name=person]"].fill(" أمل\u200f ")
    page["#teach-form [type=checkbox]"].check()


def test_tab_is_offered_to_who_may_send_commands_where_something_is_learned(
    browser: Browser, start_device: StartDevice, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    without_token = start_device()
    without_token.sink.show_state(consent())
    page = PageVisit(browser, without_token.url)
    wait_until_live(page)
    expect(page["#to-teach"]).to_be_hidden()
    without_learning = start_device(token_file=tmp_path / "token")
    page.page.goto(f"{without_learning.url}?token={TOKEN}#teach")
    wait_until_live(page)
    expect(page["#to-teach"]).to_be_hidden()
    expect(page["#device-page"]).to_be_visible()
    without_learning.sink.show_state(consent())
    expect(page["#teach-title"]).to_be_visible()
    without_learning.sink.show_state(teaching(is_available=False, why="karsl-230@2 cannot be taught signs"))
    expect(page["#teach-refused"]).to_have_text("karsl-230@2 cannot be taught signs")
    expect(page["#teach-form"]).to_be_hidden()
    page["#language"].click()
    expect(page["#teach-refused"]).to_have_text("النموذج \u2068karsl-230@2\u2069 لا يتعلم إشارات")
    page.context.close()


def test_teaching_begins_once_its_signer_has_agreed(browser: Browser, device: Device, requests: list[Request]) -> None:
    page = open_tab(browser, device)
    expect(page["#teach-form blockquote:visible span"]).to_have_text(["هل توافقون؟", "Do you agree?"])
    fill_form(page)
    expect(page["#teach-found"]).to_have_text("A new sign, which only this device will know.")
    page["#teach-form [type=checkbox]"].uncheck()
    page["#teach-form button.main"].click()
    expect(page["#teach-form [type=checkbox]"]).to_be_focused()  # the browser asks for it
    assert not requests
    page["#teach-form [type=checkbox]"].check()
    page["#teach-form [value=training]"].check()
    expect(page["#teach-form blockquote:visible"]).to_contain_text("For others too?")
    expect(page["#teach-form [type=checkbox]"]).not_to_be_checked()  # the answer was to another question
    page["#teach-form [type=checkbox]"].check()
    page["#teach-takes"].select_option("4")
    page["#teach-form button.main"].click()
    expect(page["#teach-arabic"]).to_have_value("")
    content = requests[0].model_dump(exclude_none=True, exclude={"command"}, mode="json")
    assert content == {"person": "أمل", "word": "قهوة", "word_en": "Coffee", "takes": 4, "purpose": "training"}
    expect(page["#teach-form [type=checkbox]"]).to_be_checked()
    person = page["#teach-form [name=person]"]
    person.fill("somebody@clinic.test")
    assert person.evaluate("field => field.validity.patternMismatch"), "an address is taken for a name"
    person.fill("علي")
    expect(page["#teach-form [type=checkbox]"]).not_to_be_checked()  # somebody else has not been asked
    page.close()


def test_known_sign_and_calibration_are_asked_for_by_what_the_model_knows(
    browser: Browser, device: Device, requests: list[Request]
) -> None:
    page = open_tab(browser, device)
    expect(page["#teach-known option"]).not_to_have_count(0)
    fill_form(page, "trachea", None)
    expect(page["#teach-found"]).to_have_text("The device knows this sign. It learns how this person makes it.")
    expect(page["#teach-english"]).to_be_hidden()
    page["#teach-form button.main"].click()
    expect(page["#teach-arabic"]).to_have_value("")
    page["#teach-form [value=letters]"].check()
    expect(page["#teach-arabic"]).to_be_hidden()
    page["#teach-form button.main"].click()
    wait_until(lambda: len(requests) == 2, "the requests")
    sign, letters = (
        request.model_dump(exclude_none=True, include={"sign_id", "calibrate", "word"}) for request in requests
    )
    assert (sign, letters) == ({"sign_id": 76}, {"calibrate": "letters"})
    page.close()


def test_session_is_followed_from_countdown_to_the_end_and_steered(
    browser: Browser, device: Device, requests: list[Request]
) -> None:
    page = open_tab(browser, device)
    phase, fault = page["#teach-phase"], page["#teach-fault"]
    device.sink.show_state(teaching(Phase.REST, fault=Fault.HANDS_HIDDEN, **OPEN))
    expect(page["#teach-form"]).to_be_hidden()
    expect(page["#teach-sign"]).to_be_focused()
    expect(page["#teach-sign"]).to_have_text("قهوةCoffee")
    expect(page["#teach-progress"]).to_have_text("3 of 5")
    expect(fault).to_have_text("Not kept: the hands were out of view. Once more.")
    expect(phase).to_have_text("Hands down")
    device.sink.show_state(teaching(Phase.COUNTDOWN, seconds=3, **OPEN))
    expect(phase).to_have_text("3")
    expect(fault).to_be_empty()
    page["#teach-actions [value=finish]"].click()
    device.sink.show_state(teaching(Phase.DOUBT, looks_like=TRACHEA, **OPEN))
    expect(phase).to_have_text("This looks like \u2068قصبة هوائية\u2069 already.")
    expect(page["#teach-sign"]).to_be_focused()  # the button is gone
    page["#teach-actions [value=keep]"].click()
    page["#teach-actions [value=skip]"].click()
    expect(page["#teach-actions button"]).to_have_text(["Keep it", "Sign it again", "Cancel"])
    device.sink.show_state(teaching(Phase.LEARNING, **OPEN | {"kept": 5}))
    expect(page["#teach-actions button"]).to_have_count(0)
    device.sink.show_state(teaching(Phase.DONE, **OPEN | {"kept": 5}))
    expect(phase).to_have_text("Learned. You can try it now.")
    expect(page["#teach-form"]).to_be_visible()
    assert [request.model_dump()["action"] for request in requests] == ["finish", "keep", "skip"]
    page.close()


def test_other_page_shows_the_same_session_also_after_the_page_server_was_killed(
    browser: Browser, device: Device, requests: list[Request]
) -> None:
    device.sink.show_state(teaching(Phase.SIGN, calibration="letters", **OPEN))
    page = PageVisit(browser, f"{device.url}?token={TOKEN}#teach", language="ar")
    expect(page["#teach-phase"]).to_have_text("أشِر الآن")
    os.kill(device.sink.pid or 0, signal.SIGKILL)
    expect(page["#connection-text"]).not_to_have_text("مباشر")
    expect(page["#connection-text"]).to_have_text("مباشر")
    device.sink.show_state(teaching(Phase.SIGN, calibration="letters", **OPEN | {"kept": 3}))
    page["#teach-actions [value=leave-out]"].click()
    wait_until(lambda: bool(requests), "the request")
    assert requests[0].model_dump()["action"] == "skip"
    page.page.reload()
    expect(page["#teach-phase"]).to_have_text("أشِر الآن")
    device.sink.show_state(teaching(Phase.FAILED, why="no take was kept", **OPEN))
    expect(page["#teach-phase"]).to_have_text("لم يتعلم الجهاز شيئًا: لم تُحفظ أي إشارة")
    page.page.reload()
    expect(page["#teach-form"]).to_be_visible()
    expect(page["#teach-session"]).to_be_hidden()  # it is of no interest any more
    page.close(was_disconnected=True)


def test_notice_is_on_every_page_while_takes_are_kept(browser: Browser, device: Device) -> None:
    page = PageVisit(browser, f"{device.url}?token={TOKEN}")
    wait_until_live(page)
    expect(page["#keeping"]).to_be_hidden()
    until = f"{datetime.now().astimezone():%Y-%m-%d}T12:30:00Z"
    device.sink.show_state(consent(f'{{"person": "أمل", "purpose": "device", "until": "{until}"}}'))
    for name in ("device", "dictionary", "teach", "own"):
        page[f"#to-{name}"].click()
        expect(page["#keeping-text"]).to_contain_text("movements, no pictures, on this device alone")
        expect(page["#keeping-text"]).to_be_in_viewport()
    device.sink.show_state(consent())
    expect(page["#keeping"]).to_be_hidden()
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_tab_has_no_severe_violation_and_fits_a_phone(language: str, browser: Browser, device: Device) -> None:
    page = open_tab(browser, device, language, viewport={"width": 360, "height": 740})
    page["#keep summary"].click()
    device.sink.show_state(consent('{"person": "أمل", "purpose": "training", "until": "2026-11-29T12:30:00Z"}'))
    for theme in THEMES:
        page["#theme"].select_option(theme)
        for phase in (Phase.DOUBT, Phase.COUNTDOWN, Phase.CANCELLED):
            device.sink.show_state(teaching(phase, looks_like=TRACHEA, seconds=3, fault=Fault.CUT_OFF, **OPEN))
            expect(page["#teach-session"]).to_have_attribute("data-phase", phase)
            assert severe_violations(page) == [], f"{theme}, {phase}"
            assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), phase
    page.close()


def test_refusals_are_shown_in_arabic(browser: Browser, device: Device) -> None:
    page = open_tab(browser, device, "ar")
    for sentence in REFUSALS:
        shown = page.page.evaluate(SHOW, sentence)
        assert shown["english"] == [], sentence
    page.close()
