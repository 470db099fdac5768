"""Visitors try their own cameras on the live page; a film takes the place of the browser's camera."""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.edge.mosquitto import find_program
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.conftest import StartBrowser, StartDevice
from tests.edge.sinks.web.device import Device
from tests.edge.waiting import wait_until

OpenPage = Callable[..., PageVisit]


def film(path: Path, *sources: Sequence[str | Path]) -> Path:
    """Write a film of JPEGs with a camera's size and frame rate, from sources of FFmpeg one after another."""
    resize = "scale=640:480:force_original_aspect_ratio=decrease,pad=640:480:-1:-1,setsar=1,fps=25"
    resized = "".join(f"[{number}:v]{resize}[{number}];" for number in range(len(sources)))
    joined = "".join(f"[{number}]" for number in range(len(sources))) + f"concat={len(sources)}"
    command = [
        find_program("ffmpeg"),
        "-v",
        "error",
        *chain(*sources),
        "-filter_complex",
        resized + joined,
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
    """Start a browser whose camera shows a person at rest, and that resolves another name of the device."""
    path = tmp_path_factory.mktemp("films") / "person.mjpeg"
    camera = film(path, ("-loop", "1", "-t", "1", "-i", sample_image))
    return start_browser("--host-resolver-rules=MAP device.test 127.0.0.1", camera=camera)


@pytest.fixture
def open_page(browser: Browser, device: Device, start_device: StartDevice) -> Iterator[OpenPage]:
    """Open the page of the own camera; at the end no problem may have occurred in it."""
    visits: list[PageVisit] = []

    def start(url: str = device.url, *, allowed: bool = True, **options: Any) -> PageVisit:
        visits.append(PageVisit(browser, f"{url}#own", permissions=["camera"] if allowed else [], **options))
        return visits[-1]

    yield start
    for visit in visits:
        visit.close()


def is_camera_on(page: PageVisit) -> bool:
    """Return True if the page uses the camera."""
    is_on: bool = page["#own-video"].evaluate("video => video.srcObject?.active ?? false")
    return is_on


def drawn_values(page: PageVisit) -> int:
    """Return the number of pixels of the skeleton's canvas that are drawn on."""
    count: int = page["#own-canvas"].evaluate(
        """canvas => {
            const {width, height} = canvas;
            const copy = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
            copy.drawImage(canvas, 0, 0);
            return copy.getImageData(0, 0, width, height).data.filter((value, at) => at % 4 === 3 && value).length;
        }"""
    )
    return count


def start_camera(page: PageVisit, rate_text: str = "pictures a second") -> None:
    """Start the camera; repeat it while the device has not noticed yet that the previous visitor has left."""

    def is_accepted() -> bool:
        page["#own-start"].click()
        expect(page["#own-status"]).to_have_attribute("data-text", re.compile("own-(full|preparing|looking|seen|idle)"))
        return page["#own-status"].get_attribute("data-text") != "own-full"

    wait_until(is_accepted, "a place for the visitor")
    expect(page["#own-rate"]).to_contain_text(rate_text)


def test_landmarks_are_shown_after_consent_until_the_visitor_stops(open_page: OpenPage) -> None:
    page = open_page()
    expect(page["#own-consent"]).to_contain_text("Nothing is stored")
    assert not is_camera_on(page)
    start_camera(page)
    expect(page["#own-status"]).to_have_text("Looking. Show your shoulders and hands.")
    assert is_camera_on(page)
    assert drawn_values(page) > 1000
    expect(page["#own-stop"]).to_be_focused()
    page.press("Enter")
    expect(page["#own-status"]).to_have_text("Stopped. Your camera is off.")
    expect(page["#own-start"]).to_be_focused()
    assert not is_camera_on(page)
    expect(page["#own-viewport"]).to_be_hidden()


def test_camera_stops_when_the_visitor_changes_the_page(open_page: OpenPage) -> None:
    page = open_page()
    start_camera(page)
    page["#to-device"].click()
    expect(page["#captions"]).to_be_visible()
    assert not is_camera_on(page)


def test_visitor_beyond_the_limit_gets_the_reason(open_page: OpenPage) -> None:
    first, second = open_page(), open_page(language="ar")
    start_camera(first)
    second["#own-start"].click()
    expect(second["#own-status"]).to_have_text("يجرّبها الآن زوار كثيرون. عُد بعد قليل من فضلك.")
    assert not is_camera_on(second)
    first["#own-stop"].click()
    start_camera(second, "الصور في الثانية")


def test_denied_camera_is_explained(open_page: OpenPage) -> None:
    page = open_page(allowed=False)
    page["#own-start"].click()
    expect(page["#own-status"]).to_contain_text("not allowed for this page")
    expect(page["#own-start"]).to_be_enabled()


def test_start_is_offered_only_once_it_works(browser: Browser, device: Device) -> None:
    page = PageVisit(browser, device.url)
    modules: list[Route] = []
    page.page.route("**/own-camera.js", lambda route: modules.append(route))
    page.page.evaluate("location.hash = 'own'")
    expect(page["#own-start"]).to_be_visible()
    expect(page["#own-start"]).to_be_disabled()
    modules[0].continue_()
    expect(page["#own-start"]).to_be_enabled()
    page.close()


def test_insecure_address_is_explained(start_device: StartDevice, open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef0123")
    device = start_device(token_file=tmp_path / "token")
    page = open_page(f"{device.url.replace('127.0.0.1', 'device.test')}?token=0123456789abcdef0123", allowed=False)
    page["#own-start"].click()
    expect(page["#own-status"]).to_contain_text("only to pages from https or from localhost")
    # The browser's own message about a page without TLS.
    page.problems[:] = [line for line in page.problems if "Cross-Origin-Opener-Policy" not in line]


def test_own_camera_can_be_disabled(start_device: StartDevice, open_page: OpenPage) -> None:
    page = open_page(start_device(visitors=0).url)
    expect(page["#connection-text"]).to_have_text("Live")
    expect(page["#device-name"]).not_to_be_empty()
    expect(page["#to-own"]).to_be_hidden()
    expect(page["#own-page"]).to_be_hidden()


def test_empty_picture_gives_no_word(device: Device, start_browser: StartBrowser) -> None:
    page = PageVisit(start_browser(), f"{device.url}#own", permissions=["camera"])
    start_camera(page)
    expect(page["#own-status"]).to_have_text("Nobody signs.")
    expect(page["#own-word"]).to_be_empty()
    page.close()


def test_sign_in_front_of_the_own_camera_gives_its_word(
    device: Device, start_browser: StartBrowser, karsl: Path, tmp_path: Path
) -> None:
    clip = sorted((karsl / "karsl-502").glob("01/01/test/0040/*.mp4"))[0]
    nobody = ("-f", "lavfi", "-t", "2", "-i", "color=gray:640x480")
    camera = film(tmp_path / "sign.mjpeg", nobody, ("-i", clip))
    page = PageVisit(start_browser(camera=camera), f"{device.url}#own", permissions=["camera"])
    start_camera(page)
    expect(page["#own-history-words b"].first).to_have_text("ذ")
    expect(page["#own-announced"]).not_to_be_empty()
    page.close()
