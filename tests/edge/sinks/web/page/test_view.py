"""The view of the camera on the live page."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from edge.sinks.captions.theme import THEMES
from landmarkers.bones import BODY_BONES, HAND_BONES
from landmarkers.frame import Landmarks
from landmarkers.layout import POINT_COUNT
from tests.edge.certificates import make_certificates
from tests.edge.sinks.web.conftest import StartDevice
from tests.edge.sinks.web.device import PICTURE, Device
from tests.edge.sinks.web.page.conftest import OpenPage
from tests.edge.sinks.web.page.showing import colours, css, show_until_visible, wait_until_live
from tests.edge.tiny_bundle import SIGNS


def test_camera_is_shown_at_the_chosen_level(device: Device, open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    expect(page["#view-choice input:checked"]).to_have_value("skeleton")
    show_until_visible(device, page, css(THEMES["dark"].left_hand))
    assert css(PICTURE[0, 0].tolist()) not in colours(page)
    device.show(Landmarks(np.full((POINT_COUNT, 3), np.nan, np.float32), 0.0))
    expect(page["#view-note"]).to_have_text("Nobody is in view.")
    page["#view-choice input[value=picture]"].check()
    show_until_visible(device, page, css(PICTURE[0, 0].tolist()), tolerance=8)
    page["#view-choice input[value=none]"].check()
    expect(page["#view-note"]).to_have_text("Nothing is fetched from the camera.")
    assert colours(page) == {"rgb(0, 0, 0)"}
    page.page.reload()
    expect(page["#view-choice input:checked"]).to_have_value("none")


@pytest.mark.parametrize(("highest", "offered"), [("skeleton", ["skeleton", "none"]), ("off", [])])
def test_only_levels_that_the_device_allows_are_offered(
    start_device: StartDevice, open_page: OpenPage, highest: str, offered: list[str]
) -> None:
    page = open_page(start_device(view=highest).url)
    wait_until_live(page)
    choices = page["#view-choice label:visible input"]
    expect(choices).to_have_count(len(offered))
    assert [one.get_attribute("value") for one in choices.all()] == offered
    if highest == "off":
        expect(page["#view-note"]).to_have_text("This device shows nothing of its camera.")


def test_skeleton_has_the_bones_of_the_device_screen(open_page: OpenPage) -> None:
    page = open_page()
    drawn = page.page.evaluate("import('/live-signs/assets/skeleton.js').then(({HAND, BODY}) => ({HAND, BODY}))")
    assert {tuple(bone) for bone in drawn["HAND"]} == set(HAND_BONES)
    assert {tuple(bone) for bone in drawn["BODY"]} == set(BODY_BONES)


def test_words_and_views_are_sent_over_tls(start_device: StartDevice, open_page: OpenPage, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    device = start_device(certificate_file=certificates.broker, key_file=certificates.broker_key)
    page = open_page(device.url, ignore_https_errors=True, color_scheme="dark")
    assert page.page.url.startswith("https://")
    wait_until_live(page)
    device.sign_word()
    expect(page["#word"]).to_have_text(SIGNS[0].word)
    show_until_visible(device, page, css(THEMES["dark"].left_hand))
