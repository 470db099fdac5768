"""The state of the device on the live page, its connection, and the login."""

import os
import signal
from pathlib import Path

from playwright.sync_api import Browser, expect

from edge.monitoring.status import ON_PROBATION, Component, Obstacle
from edge.sinks.captions.theme import THEMES
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.conftest import StartDevice
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.page.conftest import OpenPage
from tests.edge.sinks.web.page.showing import css, show_until_visible, wait_until_live
from tests.edge.tiny_bundle import SIGNS


def test_faults_are_shown_in_both_languages(device: Device, open_page: OpenPage) -> None:
    page = open_page()
    wait_until_live(page)
    expect(page["#part-camera"]).to_contain_text("sends pictures")
    expect(page["#part-broker"]).to_contain_text("connected")
    expect(page["#part-screen"]).to_contain_text("not set up")
    expect(page["#part-speech"]).to_contain_text("not set up")
    expect(page["#part-model"]).to_contain_text("signs it reads: 230")
    expect(page["#notices"]).to_be_empty()
    device.status.report(Component.BROKER, "the broker 127.0.0.1:1 does not answer")
    device.status.report(Component.CAMERA, "the camera /dev/video0 gives no frames")
    lost = "the loudspeaker default plays nothing: No such file or directory"
    device.status.report(Component.SPEECH, lost)
    device.status.set_model_state(ON_PROBATION)
    expect(page["#notices li"]).to_have_text(["No picture from the camera", "No connection to the broker"])
    expect(page["#part-broker"]).to_contain_text("the broker 127.0.0.1:1 does not answer")
    expect(page["#part-speech"]).to_contain_text(lost)
    expect(page["#part-model"]).to_contain_text("on probation")
    page["#language"].click()
    expect(page["#notices li"]).to_have_text(["لا صورة من الكاميرا", "لا اتصال بالخادم"])
    expect(page["#part-broker"]).to_contain_text("لا يجيب الخادم")
    expect(page["#part-speech"]).to_contain_text("لا يُنطق شيء")
    expect(page["#part-model"]).to_contain_text("تحت التجربة")
    device.status.report(Component.BROKER, None)
    device.status.report(Component.CAMERA, None)
    device.status.set_paused(paused=True)
    expect(page["#notices li"]).to_have_text(["متوقف مؤقتًا"])
    expect(page["#part-speed"]).to_contain_text("متوقفة مؤقتًا")
    device.status.set_paused(paused=False)
    device.status.set_model_state("rolled back tiny@4: it recognised no word")
    expect(page["#part-model"]).to_contain_text("it recognised no word")
    expect(page["#notices"]).to_be_empty()
    device.status.set_obstacle(Obstacle.TOO_FAR)
    expect(page["#notices li"]).to_have_text(["اقتربوا من الكاميرا"])
    device.status.set_obstacle(None)
    expect(page["#notices"]).to_be_empty()


def test_word_signed_while_the_server_restarts_is_shown_once_and_not_announced(
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
    page.close(was_disconnected=True)


def test_lost_connection_is_shown_and_the_page_continues_when_the_device_is_back(
    browser: Browser, start_device: StartDevice
) -> None:
    device = start_device()
    page = PageVisit(browser, device.url)
    wait_until_live(page)
    device.sign_word()
    expect(page["#history-words > li"]).to_have_count(1)
    device.stop()
    expect(page["#connection-text"]).to_have_text("Connection lost. Trying again…")
    expect(page["#notices"]).to_contain_text("Nothing new comes")
    expect(page["#state-stale"]).to_contain_text("Last heard at")
    expect(page["#word"]).to_have_text(SIGNS[0].word)
    restarted = start_device(device.port)
    wait_until_live(page)
    expect(page["#notices"]).to_be_empty()
    restarted.sign_word(sign=2)
    expect(page["#announced"]).to_contain_text(SIGNS[2].word)
    expect(page["#history-words > li"]).to_have_count(2)
    show_until_visible(restarted, page, css(THEMES["light"].left_hand))
    page.close(was_disconnected=True)


def test_outdated_token_leads_to_the_login(browser: Browser, start_device: StartDevice, tmp_path: Path) -> None:
    old, new = "0123456789abcdef0123", "fedcba9876543210fedc"
    (tmp_path / "token").write_text(old)
    device = start_device(token_file=tmp_path / "token")
    page = PageVisit(browser, f"{device.url}?token={old}")
    wait_until_live(page)
    assert old not in page.page.url
    device.stop()
    (tmp_path / "token").write_text(new)
    start_device(device.port, token_file=tmp_path / "token")
    expect(page["#connection-text"]).to_have_text("This device asks for its token again.")
    page["#log-in"].click()
    page["#token"].fill(new)
    page.press("Enter")
    wait_until_live(page)
    page.problems[:] = [line for line in page.problems if "401" not in line]  # the browser logs the status
    page.close(was_disconnected=True)


def test_missing_token_leads_to_the_login(start_device: StartDevice, open_page: OpenPage, tmp_path: Path) -> None:
    token = "0123456789abcdef0123"
    (tmp_path / "token").write_text(token)
    device = start_device(token_file=tmp_path / "token")
    page = open_page(device.url)
    expect(page["#wrong"]).to_be_hidden()
    page["#token"].fill("something else entirely")
    page.press("Enter")
    expect(page["#wrong"]).to_contain_text("That token is not right.")
    page["#token"].fill(token)
    page.press("Enter")
    wait_until_live(page)
    device.sign_word()
    expect(page["#word"]).to_have_text(SIGNS[0].word)
    page.problems[:] = [line for line in page.problems if "401" not in line]  # the browser logs the status
