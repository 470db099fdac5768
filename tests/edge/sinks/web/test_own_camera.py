"""Visitors try their own cameras on the live page: a film plays in place of the browser's camera."""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.edge.mosquitto import find_program
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.conftest import StartBrowser, SwitchOn
from tests.edge.sinks.web.device import Device
from tests.edge.waiting import wait_until

OpenPage = Callable[..., PageVisit]


def film(path: Path, *sources: Sequence[str | Path]) -> Path:
    """A film of JPEGs of a camera's size and pace, made by FFmpeg of some sources one after another."""
    shape = "scale=640:480:force_original_aspect_ratio=decrease,pad=640:480:-1:-1,setsar=1,fps=25"
    shaped = "".join(f"[{number}:v]{shape}[{number}];" for number in range(len(sources)))
    joined = "".join(f"[{number}]" for number in range(len(sources))) + f"concat={len(sources)}"
    command = [
        find_program("ffmpeg"),
        "-v",
        "error",
        *chain(*sources),
        "-filter_complex",
        shaped + joined,
        "-q:v",
        "3",
        path,
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    device = Device(visitors=1)
    yield device
    device.stop()


@pytest.fixture(scope="module")
def browser(start_browser: StartBrowser, sample_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """One whose camera sees a person who keeps still, and that knows the device by another name as well."""
    path = tmp_path_factory.mktemp("films") / "person.mjpeg"
    camera = film(path, ("-loop", "1", "-t", "1", "-i", sample_image))
    return start_browser("--host-resolver-rules=MAP device.test 127.0.0.1", camera=camera)


@pytest.fixture
def visit(browser: Browser, device: Device, switch_on: SwitchOn) -> Iterator[OpenPage]:
    """Opens the own camera's page; at the end nothing may have gone wrong behind it."""
    visits: list[PageVisit] = []

    def start(url: str = device.url, *, allowed: bool = True, **options: Any) -> PageVisit:
        visits.append(PageVisit(browser, f"{url}#own", permissions=["camera"] if allowed else [], **options))
        return visits[-1]

    yield start
    for one in visits:
        one.close()


def is_camera_on(page: PageVisit) -> bool:
    """Whether the page has the camera."""
    is_on: bool = page["#own-video"].evaluate("video => video.srcObject?.active ?? false")
    return is_on


def drawn(page: PageVisit) -> int:
    """How many points of the skeleton's canvas are drawn on."""
    count: int = page["#own-canvas"].evaluate(
        """canvas => {
            const {width, height} = canvas;
            const copy = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
            copy.drawImage(canvas, 0, 0);
            return copy.getImageData(0, 0, width, height).data.filter((value, at) => at % 4 === 3 && value).length;
        }"""
    )
    return count


def be_let_in(page: PageVisit, pace: str = "pictures a second") -> None:
    """Start the camera, again while the device has not noticed yet that the visitor before has left."""

    def is_let_in() -> bool:
        page["#own-start"].click()
        expect(page["#own-told"]).to_have_attribute("data-text", re.compile("own-(full|preparing|looking|seen|idle)"))
        return page["#own-told"].get_attribute("data-text") != "own-full"

    wait_until(is_let_in, "a place for the visitor")
    expect(page["#own-pace"]).to_contain_text(pace)


def test_visitors_see_their_landmarks_once_they_agreed_and_stop_when_they_like(visit: OpenPage) -> None:
    page = visit()
    expect(page["#own-consent"]).to_contain_text("Nothing is stored")
    assert not is_camera_on(page)
    be_let_in(page)
    expect(page["#own-told"]).to_have_text("Looking. Show your shoulders and hands.")
    assert is_camera_on(page)
    assert drawn(page) > 1000
    expect(page["#own-stop"]).to_be_focused()
    page.press("Enter")
    expect(page["#own-told"]).to_have_text("Stopped. Your camera is off.")
    expect(page["#own-start"]).to_be_focused()
    assert not is_camera_on(page)
    expect(page["#own-glass"]).to_be_hidden()


def test_who_turns_to_the_device_is_filmed_no_more(visit: OpenPage) -> None:
    page = visit()
    be_let_in(page)
    page["#to-device"].click()
    expect(page["#captions"]).to_be_visible()
    assert not is_camera_on(page)


def test_one_visitor_too_many_is_told_so(visit: OpenPage) -> None:
    first, second = visit(), visit(language="ar")
    be_let_in(first)
    second["#own-start"].click()
    expect(second["#own-told"]).to_have_text("يجرّبها الآن زوار كثيرون. عُد بعد قليل من فضلك.")
    assert not is_camera_on(second)
    first["#own-stop"].click()
    be_let_in(second, "الصور في الثانية")


def test_who_refuses_the_camera_is_told_how_to_change_that(visit: OpenPage) -> None:
    page = visit(allowed=False)
    page["#own-start"].click()
    expect(page["#own-told"]).to_contain_text("not allowed for this page")
    expect(page["#own-start"]).to_be_enabled()


def test_where_browsers_give_no_camera_visitors_are_told_why(
    switch_on: SwitchOn, visit: OpenPage, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("0123456789abcdef0123")
    device = switch_on(token_file=tmp_path / "token")
    page = visit(f"{device.url.replace('127.0.0.1', 'device.test')}?token=0123456789abcdef0123", allowed=False)
    page["#own-start"].click()
    expect(page["#own-told"]).to_contain_text("only to pages from https or from localhost")
    # The browser's own words about a page without TLS.
    page.complaints[:] = [line for line in page.complaints if "Cross-Origin-Opener-Policy" not in line]


def test_a_device_may_let_nobody_try(switch_on: SwitchOn, visit: OpenPage) -> None:
    page = visit(switch_on(visitors=0).url)
    expect(page["#connection-text"]).to_have_text("Live")
    expect(page["#device-name"]).not_to_be_empty()
    expect(page["#to-own"]).to_be_hidden()
    expect(page["#own-page"]).to_be_hidden()


def test_a_camera_that_sees_nobody_has_nothing_to_read(device: Device, start_browser: StartBrowser) -> None:
    page = PageVisit(start_browser(), f"{device.url}#own", permissions=["camera"])
    be_let_in(page)
    expect(page["#own-told"]).to_have_text("Nobody signs.")
    expect(page["#own-word"]).to_be_empty()
    page.close()


def test_a_sign_before_ones_own_camera_gives_its_word(
    device: Device, start_browser: StartBrowser, karsl: Path, tmp_path: Path
) -> None:
    clip = sorted((karsl / "karsl-502").glob("01/01/test/0040/*.mp4"))[0]
    nobody = ("-f", "lavfi", "-t", "2", "-i", "color=gray:640x480")
    camera = film(tmp_path / "sign.mjpeg", nobody, ("-i", clip))
    page = PageVisit(start_browser(camera=camera), f"{device.url}#own", permissions=["camera"])
    be_let_in(page)
    expect(page["#own-history-words b"].first).to_have_text("ذ")
    expect(page["#own-announced"]).not_to_be_empty()
    page.close()
