"""A word that somebody signed in puts right on the page."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from edge.conversation import Conversation
from edge.corrections.corrector import Corrector
from edge.recognition.word import StreamClock, WordFactory
from edge.requests import Correction
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.conftest import StartDevice
from tests.edge.sinks.web.device import MODEL, NAME, Device, word
from tests.edge.sinks.web.page.showing import wait_until_live
from tests.edge.sinks.web.page.test_accessibility import severe_violations
from tests.edge.tiny_bundle import SIGNS


@pytest.fixture
def device(start_device: StartDevice, tmp_path: Path) -> Device:
    (tmp_path / "token").write_text(TOKEN)
    return start_device(token_file=tmp_path / "token")


@pytest.fixture
def conversation(device: Device) -> Conversation:
    """The device's conversation, whose words the page may correct; it has said the words of two signs."""
    words = WordFactory(StreamClock(fast=True), model=MODEL, device=NAME, threshold=0.5)
    spoken = Conversation([device.sink], words)
    device.commands.register_payload(Correction, Corrector(spoken, SIGNS, None).correct)
    spoken.say(word(words.next_seq(), 0.6, sign) for sign in (0, 2))
    return spoken


def open_newest(browser: Browser, device: Device, language: str = "en") -> PageVisit:
    """Open the page, signed in, and the newest word on it."""
    page = PageVisit(browser, f"{device.url}?token={TOKEN}", language=language, viewport={"width": 390, "height": 844})
    wait_until_live(page, {"en": "Live", "ar": "مباشر"}[language])
    page["#history-words summary"].first.click()
    expect(page["#history-words form"]).to_be_visible()
    return page


def test_touch_on_an_alternative_corrects_the_word_everywhere_on_the_page(
    browser: Browser, device: Device, conversation: Conversation
) -> None:
    page = open_newest(browser, device)
    expect(page["#history-words .more button[lang=ar]"]).to_have_text([SIGNS[0].word, SIGNS[1].word])
    page["#history-words .more button[lang=ar]"].nth(1).click()
    first = page["#history-words summary"].first
    expect(first).to_contain_text(SIGNS[1].word)
    expect(first).to_contain_text("corrected")
    expect(page["#word"]).to_have_text(SIGNS[1].word)
    expect(page["#history-words b"]).to_have_text([SIGNS[1].word, SIGNS[0].word])
    page["#history-words .more button[lang=ar]"].filter(has_text=SIGNS[2].word).click()  # as it was read
    expect(page["#word"]).to_have_text(SIGNS[2].word)
    page.page.reload()
    expect(page["#history-words b"]).to_have_text([SIGNS[2].word, SIGNS[0].word])
    page.close()


def test_word_is_deleted_and_brought_back(browser: Browser, device: Device, conversation: Conversation) -> None:
    page = open_newest(browser, device)
    page["#history-words form button"].filter(has_text="Delete").click()
    expect(page["#history-words del"]).to_have_text(SIGNS[2].word)
    expect(page["#word"]).to_be_empty()
    expect(page["#history-words form button"].filter(has_text="Delete")).to_be_hidden()
    page["#history-words .more button[lang=ar]"].filter(has_text=SIGNS[2].word).click()
    expect(page["#word"]).to_have_text(SIGNS[2].word)
    page.close()


def test_other_text_is_typed_and_a_refusal_is_shown_in_the_language_of_the_page(
    browser: Browser, device: Device, conversation: Conversation
) -> None:
    page = open_newest(browser, device, "ar")
    page["#history-words input"].fill("\u200fمحمد\u202c ")  # as it is pasted from other programs
    page.press("Enter")
    expect(page["#word"]).to_have_text("محمد")
    expect(page["#history-words summary"].first).to_contain_text("مُصحَّحة")
    expect(page["#history-words summary"].first).to_be_focused()
    for _ in range(25):  # words later, it is too old
        conversation.end()
        conversation.say([word(100)])
    page["#history-words form button"].filter(has_text="احذف").click()
    expect(page["#history-words .wrong"]).to_have_text("الكلمة رقم \u20682\u2069 غير معروفة أو أقدم من أن تُصحَّح")
    assert [problem for problem in page.problems if "400" not in problem] == []
    page.context.close()


def test_controls_have_no_severe_violation_and_are_not_there_without_a_token(
    browser: Browser, device: Device, conversation: Conversation, start_device: StartDevice
) -> None:
    page = open_newest(browser, device)
    for theme in ("dark", "light", "contrast"):
        page["#theme"].select_option(theme)
        assert severe_violations(page) == []
    page.close()
    open_device = start_device()
    open_device.sign_word()
    page = PageVisit(browser, open_device.url)
    page["#history-words summary"].click()
    expect(page["#history-words .more"]).to_be_visible()
    expect(page["#history-words .more button"]).to_have_count(0)
    page.close()
