"""The line on the live page as it grows, and the utterances in the history."""

from playwright.sync_api import expect

from tests.edge.sinks.web.browser import LANGUAGES, PageVisit
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.page.conftest import OpenPage
from tests.edge.sinks.web.page.showing import wait_until_live

WORDS = ("السلام عليكم", "محمد", "ألم", "منذ", "325", "يوم")


def right_ends(page: PageVisit) -> list[float]:
    """Return the right end of each word of the line."""
    found: list[float] = page["#line"].evaluate(
        """line => [...line.textContent.matchAll(/\\S+/g)].map(({index, 0: {length}}) => {
            const range = document.createRange();
            range.setStart(line.firstChild, index);
            range.setEnd(line.firstChild, index + length);
            return Math.round(range.getBoundingClientRect().right);
        })"""
    )
    return found


def test_line_grows_from_the_right_and_no_word_moves(device: Device, open_page: OpenPage) -> None:
    for language in LANGUAGES:
        page = open_page(language=language, viewport={"width": 1280, "height": 800})
        wait_until_live(page, {"en": "Live", "ar": "مباشر"}[language])
        device.grow_line(WORDS[0], 1)
        expect(page["#line"]).to_have_text(WORDS[0])
        before = right_ends(page)
        device.grow_line(" ".join(WORDS), *range(1, 7))
        expect(page["#line"]).to_have_text(" ".join(WORDS))
        after = right_ends(page)
        assert after[: len(before)] == before
        assert after[2] < after[1] < after[0]
        device.sink.clear()
        expect(page["#line"]).to_be_empty()


def test_utterance_takes_the_place_of_the_line_and_heads_its_words(device: Device, open_page: OpenPage) -> None:
    page = open_page()
    wait_until_live(page)
    word = device.sign_word()
    device.grow_line(word.word, word.seq)
    device.end_utterance(f"{word.word} 325", word.seq)
    expect(page["#line"]).to_have_text(f"{word.word} 325")
    expect(page["#history-words b"]).to_have_text([f"{word.word} 325", word.word])
    expect(page["#word"]).to_have_text(word.word)


def test_corrected_utterance_changes_where_it_stands(device: Device, open_page: OpenPage) -> None:
    page = open_page()
    wait_until_live(page)
    first, second = device.end_utterance("ألم", 1), device.end_utterance("منذ", 3)
    expect(page["#line"]).to_have_text(second.text)
    device.end_utterance("قلب", 1, corrects=first.seq)
    expect(page["#history-words b"]).to_have_text(["منذ", "قلب"])
    expect(page["#line"]).to_have_text(second.text)
    device.end_utterance("يوم", 3, corrects=second.seq)
    expect(page["#line"]).to_have_text("يوم")
    page.page.reload()
    wait_until_live(page)
    expect(page["#history-words b"]).to_have_text(["يوم", "قلب"])
    expect(page["#line"]).to_have_text("يوم")
    device.end_utterance("", corrects=second.seq)
    expect(page["#history-words > li:visible"]).to_have_count(1)
    expect(page["#line"]).to_be_empty()


def test_page_that_is_opened_later_has_the_line_in_progress(device: Device, open_page: OpenPage) -> None:
    device.end_utterance("ألم", 1)
    device.grow_line("منذ 325", 3, 4)
    page = open_page()
    expect(page["#line"]).to_have_text("منذ 325")
    expect(page["#history-words b"]).to_have_text(["ألم"])


def test_long_line_wraps_on_a_phone(device: Device, open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 640})
    wait_until_live(page)
    device.grow_line(" ".join(WORDS * 6), 1)
    expect(page["#line"]).to_contain_text("325")
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page["#line"].evaluate(
        "line => line.getClientRects()[0].height > 3 * parseFloat(getComputedStyle(line).lineHeight)"
    )
