"""The words on the live page: the caption, its announcement, and the history."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from edge.config import SHIPPED_MODEL
from edge.sinks.captions.theme import THEMES
from tests.edge.sinks.web.device import NAME, Device
from tests.edge.sinks.web.page.conftest import OpenPage
from tests.edge.sinks.web.page.showing import css, wait_until_live
from tests.edge.tiny_bundle import SIGNS


def test_word_is_shown_in_the_title_and_announced(device: Device, open_page: OpenPage) -> None:
    page = open_page()
    expect(page["#hint"]).to_contain_text("Ready")
    wait_until_live(page)
    word = device.sign_word()
    expect(page["#word"]).to_have_text(word.word)
    assert page["#word"].get_attribute("dir") == "rtl"
    expect(page["#english"]).to_have_text(word.word_en)
    expect(page["[aria-live=polite]:visible"]).to_have_text(f"{word.word} {word.word_en}")
    expect(page["#confidence"]).to_have_text("97% sure")
    expect(page["#hint"]).to_be_hidden()
    assert page.page.title() == f"{word.word} · Ishara {NAME}"


def test_unsure_word_is_amber_and_thin_as_on_the_device_screen(device: Device, open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    wait_until_live(page)
    device.sign_word(0.81)
    expect(page["#word"]).to_have_css("color", css(THEMES["dark"].text))
    assert page.style("#word", "fontWeight") == "700"
    expect(page["#unsure"]).to_be_hidden()
    device.sign_word(0.79)
    expect(page["#word"]).to_have_css("color", css(THEMES["dark"].unsure))
    assert page.style("#word", "fontWeight") == "400"
    expect(page["#unsure"]).to_have_text("not sure")
    expect(page["#announced"]).to_contain_text("Perhaps:")


def test_number_is_announced_once_and_confidence_is_rounded_down(device: Device, open_page: OpenPage) -> None:
    page = open_page()
    wait_until_live(page)
    device.sign_word(0.9999, word="12", word_en="12")
    expect(page["#announced"]).to_have_text("12")
    expect(page["#english"]).to_be_hidden()
    expect(page["#confidence"]).to_have_text("99% sure")
    expect(page["#history-words .entry"]).to_have_text("12")


def test_earlier_words_are_listed_and_not_announced(device: Device, open_page: OpenPage) -> None:
    for sign in range(3):
        device.sign_word(sign=sign)
    page = open_page()
    expect(page["#history-words b"]).to_have_text([sign.word for sign in reversed(SIGNS)])
    expect(page["#word"]).to_have_text(SIGNS[2].word)
    wait_until_live(page)
    expect(page["#announced"]).to_be_empty()


def test_old_word_is_dimmed(device: Device, open_page: OpenPage) -> None:
    device.sign_word(emitted_at=datetime.now(UTC) - timedelta(minutes=1))
    page = open_page(color_scheme="dark")
    expect(page["#word"]).to_have_css("color", css(THEMES["dark"].quiet))
    wait_until_live(page)
    device.sign_word(emitted_at=datetime.now(UTC) - timedelta(days=1))  # the device's clock is wrong
    expect(page["#word"]).to_have_css("color", css(THEMES["dark"].text))


def test_word_of_the_history_opens_to_its_alternatives(device: Device, open_page: OpenPage) -> None:
    device.sign_word(0.88, late=True)
    page = open_page()
    summary = page["#history-words summary"]
    expect(summary).to_contain_text("88%")
    expect(summary).to_contain_text("came late")
    expect(summary.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    expect(page["#history-words .more"]).to_be_hidden()
    summary.focus()
    page.press("Enter")
    expect(page["#history-words .more li span[lang=ar]"]).to_have_text([SIGNS[1].word, SIGNS[2].word])
    expect(page["#history-words .more"]).to_contain_text("signed in 0.85 s, read 0.2 s after its end")


def test_cleared_words_disappear(device: Device, open_page: OpenPage) -> None:
    device.sign_word()
    page = open_page()
    expect(page["#history-words > li"]).to_have_count(1)
    device.sink.clear()
    expect(page["#history-words > li"]).to_have_count(0)
    expect(page["#word"]).to_be_empty()
    expect(page["#hint"]).to_be_visible()
    assert page.page.title() == f"Ishara {NAME}"


@pytest.mark.parametrize("size", [(360, 640), (1280, 800), (1920, 1080)])
def test_every_word_of_the_shipped_model_fits(open_page: OpenPage, size: tuple[int, int]) -> None:
    labels = json.loads((SHIPPED_MODEL / "labels.json").read_text(encoding="utf-8"))
    page = open_page(viewport={"width": size[0], "height": size[1]})
    wait_until_live(page)
    found = page.page.evaluate(
        """async (labels) => {
            const {Caption} = await import("/live-signs/assets/caption.js");
            const names = ["word", "english", "hint", "facts", "confidence", "at", "unsure", "announced"];
            const caption = new Caption(Object.fromEntries(names.map((name) => [name, document.getElementById(name)])));
            const word = document.getElementById("word");
            const [cut, heights] = [[], new Set()];
            for (const label of labels) {
                for (const confidence of [0.9, 0.5]) {
                    caption.show({...label, confidence, emitted_at: new Date()}, {isNew: false});
                    heights.add(Math.round(word.closest(".stage").clientHeight));
                    const isWide = document.documentElement.scrollWidth > innerWidth;
                    if (word.scrollWidth > word.clientWidth || isWide) cut.push(label.word);
                }
            }
            return {cut, heights: [...heights]};
        }""",
        labels,
    )
    assert found["cut"] == []
    assert len(found["heights"]) == 1, "the height changes from word to word"
