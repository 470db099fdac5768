"""A page with many earlier words draws once, in Chromium and in Firefox."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, expect

from edge.monitoring.status import Component
from edge.recognition.word import Word
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.client import WebClient
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.firefox import Firefox, firefox
from tests.edge.tiny_bundle import SIGNS
from tests.edge.waiting import wait_until

KEPT: Final = 500
SHOWN: Final = 100
# Records every large word, how many words each change of the history added, and animations.
RECORD: Final = """() => {
    window.drawn = {large: [], added: [], animated: []};
    addEventListener("transitionrun", (event) => drawn.animated.push(event.propertyName));
    document.addEventListener("readystatechange", () => {
        const [word, list] = ["word", "history-words"].map((id) => document.getElementById(id));
        const record = (node, note) => new MutationObserver(note).observe(node, {childList: true});
        record(word, () => drawn.large.push(word.textContent));
        record(list, (changes) => drawn.added.push(changes.map((change) => change.addedNodes.length)));
    }, {once: true});
}"""


@pytest.fixture
def last(device: Device) -> Word:
    """Sign as many words as are kept, and return the last."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    words = [device.sign_word(sign=number % len(SIGNS), emitted_at=at) for number in range(KEPT)]
    client = WebClient(device.port)
    wait_until(lambda: client.words()[-1:] == [words[-1].seq], "the last word")
    return words[-1]


@pytest.fixture(scope="module")
def module_firefox() -> Iterator[Firefox]:
    with firefox() as running:
        yield running


@pytest.fixture
def fox(module_firefox: Firefox) -> Iterator[Firefox]:
    """Firefox; at the end no problem may have occurred."""
    yield module_firefox
    assert module_firefox.problems == []


def check_drawn_once(drawn: dict[str, Any], last: Word) -> None:
    assert drawn == {"large": [last.word], "added": [[SHOWN]], "animated": []}


def test_chromium_draws_earlier_words_once(browser: Browser, device: Device, last: Word) -> None:
    visit = PageVisit(browser, device.url)
    visit.page.add_init_script(f"({RECORD})()")
    visit.page.reload()
    expect(visit["#word"]).to_have_text(last.word)
    expect(visit["#part-camera"]).to_contain_text("sends pictures")
    check_drawn_once(visit.page.evaluate("drawn"), last)
    visit.close()


def test_firefox_draws_earlier_words_once(fox: Firefox, device: Device, last: Word) -> None:
    fox.open(device.url, before=RECORD)
    fox.wait_for("document.querySelector('#part-camera .main-text').textContent === 'sends pictures'")
    check_drawn_once(fox.evaluate("drawn"), last)


def test_firefox_shows_new_words_faults_and_arabic(fox: Firefox, device: Device) -> None:
    fox.open(device.url)
    fox.wait_for("document.getElementById('connection-text').textContent === 'Live'")
    word = device.sign_word(0.7)
    fox.wait_for(f"document.getElementById('announced').textContent.includes('{word.word}')")
    device.status.report(Component.BROKER, "the broker 127.0.0.1:1 does not answer")
    fox.wait_for("document.getElementById('notices').textContent === 'No connection to the broker'")
    fox.evaluate("document.getElementById('language').click()")
    fox.wait_for("document.getElementById('notices').textContent === 'لا اتصال بالخادم'")
    assert fox.evaluate("document.documentElement.scrollWidth <= innerWidth")
