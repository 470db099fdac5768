"""The newcomers: each does what the page says, from the one-time code to the first word there and on MQTT."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from edge.config import SHIPPED_MODEL
from models.bundle import open_bundle
from tests.device.device import CheckFailed, wait_until
from tests.first_hour.broker import PASSWORD, USER, NetworkBroker
from tests.first_hour.camera import ClipCamera
from tests.first_hour.laptop import Printed
from tests.first_hour.pages import Browser, BrowserPage, in_chromium, in_firefox, wait_for
from tests.fleet.site import WORKSTATION

_NAME: Final = "reception-1"
_WORD_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that the newcomer has: what was printed at the end of the installation, a camera and a broker."""

    printed: Printed
    camera: ClipCamera
    camera_address: str
    broker: NetworkBroker


Newcomer = Callable[[Surroundings], str]


def set_up(around: Surroundings, *, browser: Browser, in_trouble: bool) -> str:
    """Set the device up; return what the page advised. Raises CheckFailed."""
    camera = around.camera
    camera.is_far = camera.is_dark = in_trouble
    with browser() as page:
        page.open(around.printed.url)
        page.fill("#token", around.printed.code)
        page.click("button.main")
        _expect_step(page, "Language")
        page.click("#setup-next")
        _expect_step(page, "Camera")
        advised = [_mistype_camera(page)] if in_trouble else []
        _enter_camera(page, around.camera_address)
        advised += _follow_advice(page, camera)
        seen = _try(page, camera)
        page.click("#setup-next")
        _expect_step(page, "Screen")
        page.click("#setup-skip")
        outcomes = _choose_broker(page, with_wrong_password=in_trouble)
        word = _finish(page, around.broker)
    return f"advised: {', '.join([*advised, *outcomes])}; read {seen} while trying, then {word} on the page and on MQTT"


def _expect_step(page: BrowserPage, title: str) -> None:
    wait_for(page, "#setup-title", title)


def _mistype_camera(page: BrowserPage) -> str:
    """Enter the address of a port where there is no camera; return what the page says of it."""
    _enter_camera(page, f"http://{WORKSTATION}:9/video")
    return wait_for(page, "#setup-camera-fault", "refuses the connection")


def _enter_camera(page: BrowserPage, address: str) -> None:
    page.click('#setup-cameras label:has(input[value="other"])')
    page.fill('[name="camera.source"]', address)
    page.click("#setup-next")
    wait_for(page, "#setup-status", "the device uses it")


def _follow_advice(page: BrowserPage, camera: ClipCamera) -> list[str]:
    """Do what the page says until it is content; return what it said."""
    advised = []
    if camera.is_dark:
        advised.append(wait_for(page, "#setup-advice", "Switch on a light"))
        camera.is_dark = False
    if camera.is_far:
        advised.append(wait_for(page, "#setup-advice", "Come closer"))
        camera.is_far = False
    advised.append(wait_for(page, "#setup-advice.good"))
    page.click("#setup-next")
    return advised


def _try(page: BrowserPage, camera: ClipCamera) -> str:
    """Sign the first of the words that the page asks for until it is seen."""
    _expect_step(page, "Try it")
    asked = wait_for(page, "#setup-words li b")
    camera.show_sign(next(sign.sign_id for sign in open_bundle(SHIPPED_MODEL).signs if sign.word == asked))
    wait_for(page, "#setup-words li.seen", timeout_s=_WORD_S)
    return asked


def _choose_broker(page: BrowserPage, *, with_wrong_password: bool) -> list[str]:
    """Choose the broker that announces itself, and log in to it; return what the page said."""
    _expect_step(page, "Broker")
    wait_for(page, "#setup-brokers", "Clinic")
    page.click("#setup-brokers label:first-of-type")
    page.fill('[name="mqtt.username"]', USER)
    outcomes = []
    if with_wrong_password:
        page.fill('[name="mqtt.password"]', "a guess")
        page.click("#setup-try-broker")
        outcomes.append(wait_for(page, "#setup-outcome.bad", "User name or password is not right"))
    page.fill('[name="mqtt.password"]', PASSWORD)
    page.click("#setup-try-broker")
    outcomes.append(wait_for(page, "#setup-outcome.good"))
    page.click("#setup-next")
    return outcomes


def _finish(page: BrowserPage, broker: NetworkBroker) -> str:
    """Take the token that the page offers, name the device, and wait for the first word."""
    _expect_step(page, "Page")
    page.click("#setup-next")
    _expect_step(page, "Name")
    page.fill("[name=device]", _NAME)
    page.click("#setup-next")
    wait_for(page, "#setup-changes", _NAME)
    page.click("#setup-finish")
    wait_until(lambda: bool(broker.words), "the first word on MQTT", _WORD_S)
    published = broker.words[0]
    if published["device"] != _NAME:
        raise CheckFailed(f"the broker has {published}")
    word = str(published["word"])
    wait_for(page, "#word", word, _WORD_S)
    return word


NEWCOMERS: Final[dict[str, Newcomer]] = {
    "chromium": partial(set_up, browser=in_chromium, in_trouble=False),
    "firefox": partial(set_up, browser=in_firefox, in_trouble=False),
    "trouble": partial(set_up, browser=in_chromium, in_trouble=True),
}
