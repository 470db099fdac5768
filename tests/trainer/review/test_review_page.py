"""The page of a review in a real browser."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect, sync_playwright

from landmarkers.take import read_provenance
from tests.edge.sinks.web.browser import LANGUAGES, PATIENCE_MS, PageVisit, chromium
from tests.trainer.review.collected import Review, reviewing, write_takes
from trainer.data.store import find_takes

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = chromium(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def undecided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """A review in which nothing is decided."""
    folder = tmp_path_factory.mktemp("takes")
    write_takes(folder, [1, 2, 3])
    with reviewing(folder) as review:
        yield review


def test_takes_are_reviewed_by_keyboard_and_the_command_says_how_far(browser: Browser, tmp_path: Path) -> None:
    paths = write_takes(tmp_path, [1, 1, 2, 3, 3])
    with reviewing(tmp_path) as review:
        visit = PageVisit(browser, review.url)
        for number, key, counts in (
            (1, "Enter", "Accepted: 1. With another word: 0. Rejected: 0."),
            (2, "Delete", "Accepted: 1. With another word: 0. Rejected: 1."),
            (3, "Control+z", "Accepted: 1. With another word: 0. Rejected: 0."),
            (2, "Backspace", "Accepted: 1. With another word: 0. Rejected: 1."),
        ):
            expect(visit["#number"]).to_have_text(f"\u2068{number}\u2069 of \u20685\u2069:")
            visit.press(key)
            expect(visit["#counts"]).to_contain_text(plain(counts))
        expect(visit["#word"]).to_have_text("ألم pain")
        visit.press("h", "e", "a", "r", "t", "Enter")
        expect(visit["#status"]).to_contain_text("has another word now")
        visit["#as-said"].click()
        expect(visit["#status"]).to_contain_text("Take \u20684\u2069")
        visit.press("Enter")
        expect(visit["#finished"]).to_be_visible()
        visit.press("ArrowLeft")
        expect(visit["#state"]).to_have_text("Accepted")
        visit.press("ArrowLeft")
        expect(visit["#state"]).to_have_text("Accepted with another word; before: \u2068<b>٣</b>\u2069")
        visit.close()
        assert review.stop() == 0
        assert review.output == "2 accepted, 2 accepted with another word, 1 rejected, 0 left\n"
    left = [paths[0], paths[2], paths[3], paths[4]]
    assert sorted(find_takes([tmp_path])) == sorted(left)
    assert [read_provenance(path).sign_id for path in left] == [1, 1, 4, 3]


def test_page_shows_the_take_and_what_the_model_said(browser: Browser, undecided: Review) -> None:
    visit = PageVisit(browser, undecided.url)
    expect(visit["#said"]).to_have_text("قلب heart 99 % (the word of this take)")
    expect(visit["#as-said"]).to_be_hidden()
    expect(visit["#person"]).to_have_text("\u2068مريم\u2069, who agreed to training")
    first = visit["#animation"].inner_html()
    visit.press("ArrowRight")
    expect(visit["#said"]).to_have_text("قلب heart 99 % (another word)")
    assert visit["#animation .strip"].inner_html() not in first
    visit.press("Space")
    expect(visit["#pause"]).to_be_checked()
    assert visit.style(".strip", "animationPlayState") == "paused"
    visit.press("ArrowRight")
    expect(visit["#word"]).to_have_text("<b>٣</b> <b>3</b>")
    visit.press("x", "Escape", "ArrowRight")
    expect(visit["#word"]).to_have_text("قلب heart")
    expect(visit["#other-word"]).to_have_value("")
    visit.close()


def test_wrong_word_is_refused_in_a_sentence(browser: Browser, undecided: Review) -> None:
    visit = PageVisit(browser, undecided.url)
    expect(visit["#word"]).to_be_visible()
    visit.press("=", "Enter")
    expect(visit["#problem"]).to_have_text("“=” is no word; write it as عربي or عربي=English")
    expect(visit["#counts"]).to_contain_text("Accepted: \u20680\u2069")
    visit.problems.clear()  # the browser reports the refusal
    visit.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_has_no_severe_violation(browser: Browser, undecided: Review, language: str) -> None:
    visit = PageVisit(browser, undecided.url, language=language)
    expect(visit["#word"]).to_be_visible()
    visit.press("ArrowLeft" if language == "ar" else "ArrowRight")  # the next one, in the direction of reading
    expect(visit["#number"]).to_contain_text("\u20682\u2069")
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        found = Axe().run(visit.page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], scheme
    visit["#language"].click()
    expect(visit["#accept"]).to_contain_text("Accept" if language == "ar" else "قبول")
    visit.close()


def test_phone_shows_the_page_without_scrolling_sideways(browser: Browser, undecided: Review) -> None:
    visit = PageVisit(browser, undecided.url, language="ar", viewport={"width": 390, "height": 844})
    expect(visit["#word"]).to_be_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.close()


def test_skeleton_rests_where_motion_is_not_wanted_until_it_is_played(browser: Browser, undecided: Review) -> None:
    visit = PageVisit(browser, undecided.url, reduced_motion="reduce")
    expect(visit["#pause"]).to_be_checked()
    assert visit.style(".strip", "animationPlayState") == "paused"
    visit.press("Space")
    assert visit.style(".strip", "animationPlayState") == "running"
    assert visit.style(".strip", "animationName") == "strip"
    visit.close()


@pytest.mark.parametrize("path", ["", "api/takes", "guess/", "guess/api/takes", "guess/review.js"])
def test_nothing_is_served_without_the_token(undecided: Review, path: str) -> None:
    root = undecided.url.rsplit("/", 2)[0]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{root}/{path}")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("api/takes/0", b'{"verdict": "accepted"}'),
        ("api/takes/4", b'{"verdict": "accepted"}'),
        ("api/takes/1", b'{"verdict": "perhaps"}'),
        ("api/takes/1", b'{"verdict": "accepted", "word": ""}'),
        ("api/takes/1", b"\xff"),
    ],
)
def test_wrong_decisions_are_refused(undecided: Review, path: str, body: bytes) -> None:
    request = urllib.request.Request(undecided.url + path, body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError, match="42[0-9]|400"):
        urllib.request.urlopen(request)


def plain(counts: str) -> str:
    """Return the counts as the page has them, each number isolated."""
    return "".join(f"\u2068{one}\u2069" if one.isdigit() else one for one in counts)
