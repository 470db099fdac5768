"""The live page in a real browser, fed by a device whose words and troubles the test decides."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from edge.config import SHIPPED_MODEL
from edge.demo.__main__ import TAKES
from edge.monitoring.status import ON_PROBATION, Component
from edge.sinks.captions.theme import THEMES, Colour
from edge.sinks.web import pages
from landmarkers.bones import BODY_BONES, HAND_BONES
from landmarkers.frame import Landmarks
from landmarkers.layout import POINT_COUNT
from landmarkers.take import Take
from tests.edge.certificates import make_certificates
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.conftest import SwitchOn
from tests.edge.sinks.web.device import NAME, PICTURE, Device
from tests.edge.tiny_bundle import SIGNS
from tests.edge.waiting import wait_until

SIGNER: Final = Take.load(TAKES / "2-sign-0071-signer-02.take.npz").landmarks()
OpenPage = Callable[..., PageVisit]


@pytest.fixture(scope="module")
def lasting_device() -> Iterator[Device]:
    device = Device()
    yield device
    device.stop()


@pytest.fixture
def device(lasting_device: Device) -> Device:
    """The one that most tests share, well and with nothing said yet."""
    lasting_device.sink.clear()
    for part in Component:
        lasting_device.status.report(part, None)
    lasting_device.status.set_paused(paused=False)
    lasting_device.status.set_model_state(None)
    return lasting_device


@pytest.fixture
def visit(browser: Browser, device: Device, switch_on: SwitchOn) -> Iterator[OpenPage]:
    """Opens the page; at the end nothing may have gone wrong behind it."""
    visits: list[PageVisit] = []

    def start(url: str = device.url, **options: Any) -> PageVisit:
        visits.append(PageVisit(browser, url, **options))
        return visits[-1]

    yield start
    for one in visits:
        one.close()


def wait_until_live(visit: PageVisit, text: str = "Live") -> None:
    """Wait until the page knows how the device is, so that what is said from now on is new."""
    expect(visit["#connection-text"]).to_have_text(text)
    expect(visit["#part-camera .how"]).not_to_have_attribute("data-text", "state-unknown")


def css(colour: Colour) -> str:
    return f"rgb({colour[0]}, {colour[1]}, {colour[2]})"


def test_a_word_is_large_in_the_title_and_read_out(device: Device, visit: OpenPage) -> None:
    page = visit()
    expect(page["#hint"]).to_contain_text("Ready")
    wait_until_live(page)
    said = device.sign_word()
    expect(page["#word"]).to_have_text(said.word)
    assert page["#word"].get_attribute("dir") == "rtl"
    expect(page["#english"]).to_have_text(said.word_en)
    expect(page["[aria-live=polite]:visible"]).to_have_text(f"{said.word} {said.word_en}")
    expect(page["#sureness"]).to_have_text("97% sure")
    expect(page["#hint"]).to_be_hidden()
    assert page.page.title() == f"{said.word} · Ishara {NAME}"


def test_a_word_that_is_not_sure_is_amber_and_thin_as_on_the_devices_screen(device: Device, visit: OpenPage) -> None:
    page = visit(color_scheme="dark")
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


def test_a_number_is_told_once_and_nothing_is_wholly_sure(device: Device, visit: OpenPage) -> None:
    page = visit()
    wait_until_live(page)
    device.sign_word(0.9999, word="12", word_en="12")
    expect(page["#announced"]).to_have_text("12")
    expect(page["#english"]).to_be_hidden()
    expect(page["#sureness"]).to_have_text("99% sure")
    expect(page["#history-words .said"]).to_have_text("12")


def test_words_said_before_are_listed_and_not_read_out(device: Device, visit: OpenPage) -> None:
    for sign in range(3):
        device.sign_word(sign=sign)
    page = visit()
    expect(page["#history-words b"]).to_have_text([sign.word for sign in reversed(SIGNS)])
    expect(page["#word"]).to_have_text(SIGNS[2].word)
    wait_until_live(page)
    expect(page["#announced"]).to_be_empty()


def test_a_word_said_a_while_ago_steps_back(device: Device, visit: OpenPage) -> None:
    device.sign_word(emitted_at=datetime.now(UTC) - timedelta(minutes=1))
    page = visit(color_scheme="dark")
    expect(page["#word"]).to_have_css("color", css(THEMES["dark"].quiet))
    wait_until_live(page)
    device.sign_word(emitted_at=datetime.now(UTC) - timedelta(days=1))  # the device's clock is wrong
    expect(page["#word"]).to_have_css("color", css(THEMES["dark"].text))


def test_a_word_of_the_history_opens_to_what_else_it_might_have_been(device: Device, visit: OpenPage) -> None:
    device.sign_word(0.88, late=True)
    page = visit()
    summary = page["#history-words summary"]
    expect(summary).to_contain_text("88%")
    expect(summary).to_contain_text("came late")
    expect(summary.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    expect(page["#history-words .more"]).to_be_hidden()
    summary.focus()
    page.press("Enter")
    expect(page["#history-words .more li span[lang=ar]"]).to_have_text([SIGNS[1].word, SIGNS[2].word])
    expect(page["#history-words .more"]).to_contain_text("signed in 0.85 s, read 0.2 s after its end")


def test_cleared_words_are_gone(device: Device, visit: OpenPage) -> None:
    device.sign_word()
    page = visit()
    expect(page["#history-words > li"]).to_have_count(1)
    device.sink.clear()
    expect(page["#history-words > li"]).to_have_count(0)
    expect(page["#word"]).to_be_empty()
    expect(page["#hint"]).to_be_visible()
    assert page.page.title() == f"Ishara {NAME}"


def test_the_language_is_the_browsers_until_another_is_chosen(device: Device, visit: OpenPage) -> None:
    page = visit(language="ar")
    wait_until_live(page, "مباشر")
    said = device.sign_word()
    expect(page["#announced"]).to_have_text(said.word)
    html = page["html"]
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("ar", "rtl")
    left_of_state = page["#state"].bounding_box()
    page["#language"].click()
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("en", "ltr")
    expect(page["#history-title"]).to_have_text("What was said")
    expect(page["#sureness"]).to_have_text("97% sure")
    expect(page["#announced"]).to_have_text(said.word)  # what was read out once is not read out again
    now = page["#state"].bounding_box()
    assert left_of_state is not None
    assert now is not None
    assert left_of_state["x"] < now["x"]
    page.page.reload()
    expect(page["html"]).to_have_attribute("dir", "ltr")


def test_both_languages_say_the_same_things(device: Device, visit: OpenPage) -> None:
    page = visit()
    texts = page.page.evaluate("import('/live-signs/assets/texts.js').then((texts) => texts.TEXTS)")
    assert texts["en"].keys() == texts["ar"].keys()
    values = {
        language: {name: sorted(re.findall(r"\{.+?\}", text)) for name, text in told.items()}
        for language, told in texts.items()
    }
    assert values["en"] == values["ar"]
    files = [path.read_text(encoding="utf-8") for path in pages.FOLDER.iterdir() if path.name != "texts.js"]
    used = [name for content in files for name in re.findall(r'"([a-z0-9-]+)"', content)]
    # A name may be put together: notice-${part}
    built = [name for content in files for name in re.findall(r"`(\$\{\w+\}-[a-z]+|[a-z]+-\$\{\w+\})`", content)]
    patterns = [re.compile(re.sub(r"\$\{\w+\}", "[a-z-]+", name)) for name in built]
    unused = texts["en"].keys() - set(used)
    assert {name for name in unused if not any(pattern.fullmatch(name) for pattern in patterns)} == set()


def test_the_camera_is_shown_as_far_as_somebody_chose(device: Device, visit: OpenPage) -> None:
    page = visit(color_scheme="dark")
    expect(page["#view-choice input:checked"]).to_have_value("skeleton")
    see(device, page, css(THEMES["dark"].left_hand))
    assert css(PICTURE[0, 0].tolist()) not in colours(page)
    device.show(Landmarks(np.full((POINT_COUNT, 3), np.nan, np.float32), 0.0))
    expect(page["#view-note"]).to_have_text("Nobody is in view.")
    page["#view-choice input[value=picture]"].check()
    see(device, page, css(PICTURE[0, 0].tolist()), near=8)
    page["#view-choice input[value=none]"].check()
    expect(page["#view-note"]).to_have_text("Nothing is fetched from the camera.")
    assert colours(page) == {"rgb(0, 0, 0)"}
    page.page.reload()
    expect(page["#view-choice input:checked"]).to_have_value("none")


@pytest.mark.parametrize(("most", "offered"), [("skeleton", ["skeleton", "none"]), ("off", [])])
def test_no_more_is_offered_than_the_device_shows(
    switch_on: SwitchOn, visit: OpenPage, most: str, offered: list[str]
) -> None:
    page = visit(switch_on(view=most).url)
    wait_until_live(page)
    shown = page["#view-choice label:visible input"]
    expect(shown).to_have_count(len(offered))
    assert [one.get_attribute("value") for one in shown.all()] == offered
    if most == "off":
        expect(page["#view-note"]).to_have_text("This device shows nothing of its camera.")


def colours(page: PageVisit) -> set[str]:
    """All the colours on the canvas of the camera's view; what is transparent counts as black."""
    found: list[str] = page["#view-canvas"].evaluate(
        """canvas => {
            const {width, height} = canvas;
            const copy = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
            copy.drawImage(canvas, 0, 0);
            const {data} = copy.getImageData(0, 0, width, height);
            const found = new Set();
            for (let at = 0; at < data.length; at += 4) found.add(`rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`);
            return [...found];
        }"""
    )
    return set(found)


def see(device: Device, page: PageVisit, colour: str, near: int = 0) -> None:
    """Let the camera see a signer until the page shows this colour, or one as near."""
    wanted = [int(part) for part in re.findall(r"\d+", colour)]
    numbers = count()

    def is_seen() -> bool:
        device.show(SIGNER[next(numbers) % len(SIGNER)])
        page.page.wait_for_timeout(50)
        shown = [[int(part) for part in re.findall(r"\d+", one)] for one in colours(page)]
        return any(max(abs(a - b) for a, b in zip(one, wanted, strict=True)) <= near for one in shown)

    wait_until(is_seen, f"{colour} in the view")


def test_the_skeleton_has_the_bones_of_the_devices_screen(visit: OpenPage) -> None:
    page = visit()
    drawn = page.page.evaluate("import('/live-signs/assets/skeleton.js').then(({HAND, BODY}) => ({HAND, BODY}))")
    assert {tuple(bone) for bone in drawn["HAND"]} == set(HAND_BONES)
    assert {tuple(bone) for bone in drawn["BODY"]} == set(BODY_BONES)


def test_what_is_wrong_is_told_in_both_languages(device: Device, visit: OpenPage) -> None:
    page = visit()
    wait_until_live(page)
    expect(page["#part-camera"]).to_contain_text("gives pictures")
    expect(page["#part-broker"]).to_contain_text("connected")
    expect(page["#part-screen"]).to_contain_text("not set up")
    expect(page["#part-model"]).to_contain_text("signs it knows: 190")
    expect(page["#notices"]).to_be_empty()
    device.status.report(Component.BROKER, "the broker 127.0.0.1:1 does not answer")
    device.status.report(Component.CAMERA, "the camera /dev/video0 gives no frames")
    device.status.set_model_state(ON_PROBATION)
    expect(page["#notices li"]).to_have_text(["No picture from the camera", "No connection to the broker"])
    expect(page["#part-broker"]).to_contain_text("the broker 127.0.0.1:1 does not answer")
    expect(page["#part-model"]).to_contain_text("on probation")
    page["#language"].click()
    expect(page["#notices li"]).to_have_text(["لا صورة من الكاميرا", "لا اتصال بالخادم"])
    expect(page["#part-broker"]).to_contain_text("the broker 127.0.0.1:1 does not answer")
    expect(page["#part-model"]).to_contain_text("تحت التجربة")
    device.status.report(Component.BROKER, None)
    device.status.report(Component.CAMERA, None)
    device.status.set_paused(paused=True)
    expect(page["#notices li"]).to_have_text(["متوقف مؤقتًا"])
    expect(page["#part-speed"]).to_contain_text("متوقفة مؤقتًا")
    device.status.set_paused(paused=False)
    device.status.set_model_state("rolled back tiny@4: it said nothing")
    expect(page["#part-model"]).to_contain_text("rolled back tiny@4: it said nothing")
    expect(page["#notices"]).to_be_empty()


def test_a_word_said_while_the_pages_program_was_away_comes_once_and_is_not_read_out(
    browser: Browser, device: Device
) -> None:
    page = PageVisit(browser, device.url)
    wait_until_live(page)
    device.sign_word(sign=0)
    expect(page["#announced"]).to_contain_text(SIGNS[0].word)
    first = device.sink.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    device.sign_word(sign=1)
    expect(page["#word"]).to_have_text(SIGNS[1].word)
    wait_until_live(page)
    expect(page["#history-words b"]).to_have_text([SIGNS[1].word, SIGNS[0].word])
    expect(page["#announced"]).to_contain_text(SIGNS[0].word)
    page.close(was_away=True)


def test_the_page_tells_that_the_device_is_away_and_goes_on_when_it_is_back(
    browser: Browser, switch_on: SwitchOn
) -> None:
    device = switch_on()
    page = PageVisit(browser, device.url)
    wait_until_live(page)
    device.sign_word()
    expect(page["#history-words > li"]).to_have_count(1)
    device.stop()
    expect(page["#connection-text"]).to_have_text("Connection lost. Trying again…")
    expect(page["#notices"]).to_contain_text("Nothing new comes")
    expect(page["#state-stale"]).to_contain_text("Last heard at")
    expect(page["#word"]).to_have_text(SIGNS[0].word)
    again = switch_on(device.port)
    wait_until_live(page)
    expect(page["#notices"]).to_be_empty()
    again.sign_word(sign=2)
    expect(page["#announced"]).to_contain_text(SIGNS[2].word)
    expect(page["#history-words > li"]).to_have_count(2)
    see(again, page, css(THEMES["light"].left_hand))
    page.close(was_away=True)


def test_the_colours_are_those_of_the_devices_screen(device: Device, visit: OpenPage) -> None:
    page = visit(color_scheme="light")
    expect(page["html"]).to_have_attribute("data-theme", "light")
    for name, theme in THEMES.items():
        page["#theme"].select_option(name)
        for role in theme.__slots__:
            told = page.page.evaluate(
                "name => getComputedStyle(document.documentElement).getPropertyValue(name)",
                "--" + role.replace("_", "-"),
            )
            assert told == f"rgb({' '.join(map(str, getattr(theme, role)))})", f"{role} of {name}"
    page.page.reload()
    expect(page["html"]).to_have_attribute("data-theme", "contrast")
    page["#theme"].select_option("system")
    expect(page["html"]).to_have_attribute("data-theme", "light")


def test_all_that_can_be_done_is_done_with_keys_and_shows_where_they_go(device: Device, visit: OpenPage) -> None:
    device.sign_word()
    page = visit()
    wait_until_live(page)
    expect(page["#to-own"]).to_be_visible()
    walked: list[list[str]] = []
    while True:
        page.press("Tab")
        focused = page.page.evaluate(
            """() => {
                const element = document.activeElement;
                const shown = element.matches("input") ? element.nextElementSibling : element;
                const {outlineStyle, outlineWidth} = getComputedStyle(shown);
                const text = element.id || element.value || element.textContent;
                return [element.localName, text, `${outlineStyle} ${outlineWidth}`];
            }"""
        )
        if focused[0] == "body" or len(walked) > 30:
            break
        walked.append(focused)
    assert {outline for _, _, outline in walked} == {"solid 3px"}
    assert ["what opens" if name == "summary" else text for name, text, _ in walked] == [
        "skip",
        "to-device",
        "to-own",
        "language",
        "what opens",
        "skeleton",
        "what opens",
        "theme",
        "Interface for programs",
    ]


def test_keys_turn_to_the_own_camera_and_skip_what_comes_first(device: Device, visit: OpenPage) -> None:
    page = visit()
    expect(page["#to-own"]).to_be_visible()
    page["#to-own"].focus()
    page.press("Enter")
    expect(page["#own-title"]).to_be_focused()
    page["#skip"].focus()
    page.press("Enter", "Tab")
    expect(page["#own-start"]).to_be_focused()
    page["#to-device"].focus()
    page.press("Enter")
    expect(page["#own-page"]).to_be_hidden()
    expect(page["#captions"]).to_be_focused()
    page["#skip"].focus()
    page.press("Enter", "Tab")
    expect(page["#view-choice input:checked"]).to_be_focused()


def test_whoever_wants_no_motion_has_none(device: Device, visit: OpenPage) -> None:
    page = visit(reduced_motion="reduce")
    durations = page.page.evaluate(
        """[...document.querySelectorAll("*")].flatMap((element) => {
            const {animationDuration, transitionDuration} = getComputedStyle(element);
            return [animationDuration, transitionDuration];
        })"""
    )
    assert set(durations) == {"0s"}


@pytest.mark.parametrize("size", [(360, 640), (1280, 800), (1920, 1080)])
def test_every_word_of_the_shipped_model_has_room(visit: OpenPage, size: tuple[int, int]) -> None:
    labels = json.loads((SHIPPED_MODEL / "labels.json").read_text(encoding="utf-8"))
    page = visit(viewport={"width": size[0], "height": size[1]})
    wait_until_live(page)
    found = page.page.evaluate(
        """async (labels) => {
            const {Caption} = await import("/live-signs/assets/caption.js");
            const names = ["word", "english", "hint", "facts", "sureness", "at", "unsure", "announced"];
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
    assert len(found["heights"]) == 1, "the page jumps from word to word"


def test_the_page_is_small_and_needs_nothing_from_elsewhere() -> None:
    files = list(pages.FOLDER.iterdir())
    assert sum(path.stat().st_size for path in files) <= 150_000
    for path in files:
        addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"')]*", path.read_text(encoding="utf-8"))
        assert [one for one in addresses if "www.w3.org/2000/svg" not in one] == [], path


def test_over_tls_words_and_views_come_as_well(switch_on: SwitchOn, visit: OpenPage, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    device = switch_on(certificate_file=certificates.broker, key_file=certificates.broker_key)
    page = visit(device.url, ignore_https_errors=True, color_scheme="dark")
    assert page.page.url.startswith("https://")
    wait_until_live(page)
    device.sign_word()
    expect(page["#word"]).to_have_text(SIGNS[0].word)
    see(device, page, css(THEMES["dark"].left_hand))


def test_who_has_an_old_token_is_asked_for_the_new_one(browser: Browser, switch_on: SwitchOn, tmp_path: Path) -> None:
    old, new = "0123456789abcdef0123", "fedcba9876543210fedc"
    (tmp_path / "token").write_text(old)
    device = switch_on(token_file=tmp_path / "token")
    page = PageVisit(browser, f"{device.url}?token={old}")
    wait_until_live(page)
    assert old not in page.page.url
    device.stop()
    (tmp_path / "token").write_text(new)
    switch_on(device.port, token_file=tmp_path / "token")
    expect(page["#connection-text"]).to_have_text("This device asks for its token again.")
    page["#log-in"].click()
    page["#token"].fill(new)
    page.press("Enter")
    wait_until_live(page)
    page.complaints[:] = [line for line in page.complaints if "401" not in line]  # the browser's own
    page.close(was_away=True)


def test_who_has_no_token_is_asked_for_it(switch_on: SwitchOn, visit: OpenPage, tmp_path: Path) -> None:
    token = "0123456789abcdef0123"
    (tmp_path / "token").write_text(token)
    device = switch_on(token_file=tmp_path / "token")
    page = visit(device.url)
    expect(page["#wrong"]).to_be_hidden()
    page["#token"].fill("something else entirely")
    page.press("Enter")
    expect(page["#wrong"]).to_contain_text("That token is not right.")
    page["#token"].fill(token)
    page.press("Enter")
    wait_until_live(page)
    device.sign_word()
    expect(page["#word"]).to_have_text(SIGNS[0].word)
    page.complaints[:] = [line for line in page.complaints if "401" not in line]  # the browser's own
