"""A daemon without settings that somebody sets up on its page, from the code to the first word there and on MQTT."""

import json
import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from edge.settings.location import INVITATION, SAVED, UNSAVED
from tests.edge.conftest import StartDaemon
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.client import WebClient
from tests.edge.tiny_bundle import PLACES, SIGNS
from tests.edge.waiting import wait_until
from tests.synthetic_signer import Sign, even_times, take


def choose_broker(page: PageVisit, port: int) -> None:
    page["#setup-brokers label"].filter(has_text="Another").click()
    page['[name="mqtt.host"]'].fill("127.0.0.1")
    page['[name="mqtt.port"]'].fill(str(port))
    page["#setup-try-broker"].click()
    expect(page["#setup-outcome.good"]).to_be_visible()
    page["#setup-next"].click()
    expect(page["#setup-title"]).to_have_text("Page")


def test_device_is_set_up_from_the_code_to_the_first_word(
    browser: Browser,
    bundle_folder: Path,
    tmp_path: Path,
    start_daemon: StartDaemon,
    broker: Mosquitto,
    listener: Listener,
) -> None:
    take(even_times(15, 3.0), Sign(0.5, 1.5, PLACES[1])).save(tmp_path / "one.take.npz")
    state, port = tmp_path / "state" / "ishara", free_port()
    arguments = ("run", "--config", "none.toml", "--setup", "--source", "take:one.take.npz", "--model", bundle_folder)
    daemon = start_daemon(*arguments, settings={"ISHARA_WEB_PORT": str(port)})
    daemon.wait_for_log("waits to be set up")
    found = re.search("its one-time code is ([2-9A-Z-]{11}), ", daemon.logged)
    assert found is not None, daemon.logged
    page = PageVisit(browser, f"https://127.0.0.1:{port}/live-signs", ignore_https_errors=True)
    page["#token"].fill(found[1].lower())
    page["button.main"].click()
    page["#setup-next"].click()
    expect(page["#setup-advice"]).to_be_visible()
    page["#setup-skip"].click()
    expect(page["#setup-words li.seen"]).to_contain_text(SIGNS[1].word)
    page["#setup-next"].click()
    expect(page["#setup-title"]).to_have_text("Screen")
    page["#setup-skip"].click()
    choose_broker(page, broker.port)
    assert listener.on("word") == []  # nobody hears of a device whose name may still change
    token = page['[name="web.token"]'].input_value()
    assert len(token) == 24
    page["#setup-next"].click()
    expect(page["#setup-title"]).to_have_text("Name")
    page["[name=device]"].fill("entrance")
    page["#setup-next"].click()
    expect(page["#setup-changes"]).to_contain_text("entrance")
    assert (state / UNSAVED).is_file()
    page.page.reload()  # as after the browser was closed: nothing is lost but the token, which only this page knew
    expect(page["#setup-changes"]).to_contain_text("entrance")
    assert token not in (page["#setup-difference"].text_content() or "")
    page["#setup-finish"].click()
    expect(page["#token"]).to_be_visible()
    page["#token"].fill(token)
    page["button.main"].click()
    expect(page["#word"]).to_have_text(SIGNS[1].word)
    expect(page["#device-name"]).to_have_text("entrance")
    wait_until(lambda: bool(listener.on("word")), "a word on MQTT")
    assert json.loads(listener.on("word")[0].payload)["device"] == "entrance"
    page["#to-settings"].click()
    expect(page["#setup-title"]).to_have_text("Camera")
    assert (state / SAVED).is_file()
    wait_until(lambda: not (state / UNSAVED).exists() and not (state / INVITATION).exists(), "the end of set-up")
    client = WebClient(port, verify=False)
    answer = client.client.post("/login", data={"token": found[1]})
    assert "set-cookie" not in answer.headers
    assert client.get("/setup").status_code == 401
    page.context.close()
