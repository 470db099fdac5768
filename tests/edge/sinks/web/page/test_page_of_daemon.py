"""The live page of a daemon as users start it: words and replies reach the browser, words also after a restart."""

import json
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from landmarkers.take import TAKE_SUFFIX
from tests.edge.conftest import StartDaemon
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.tiny_bundle import PLACES, SIGNS, TITLE
from tests.synthetic_signer import Sign, even_times, take

SIGNED = take(even_times(30, 3.0), Sign(0.5, 1.5, PLACES[1]))


@pytest.fixture
def settings(tmp_path: Path, broker: Mosquitto) -> dict[str, str]:
    return {
        "ISHARA_DEVICE": "entrance",
        "ISHARA_WEB_PORT": str(free_port()),
        "ISHARA_MQTT_HOST": "127.0.0.1",
        "ISHARA_MQTT_PORT": str(broker.port),
    }


def test_words_reach_the_browser_also_after_a_restart_of_the_daemon(
    browser: Browser,
    bundle_folder: Path,
    tmp_path: Path,
    settings: dict[str, str],
    start_daemon: StartDaemon,
    listener: Listener,
) -> None:
    source = tmp_path / f"one{TAKE_SUFFIX}"
    SIGNED.save(source)
    arguments = ("run", "--source", f"take:{source}", "--model", bundle_folder)
    daemon = start_daemon(*arguments, settings=settings)
    daemon.wait_for_log("the live page is at")
    page = PageVisit(browser, f"http://127.0.0.1:{settings['ISHARA_WEB_PORT']}/")
    expect(page["#word"]).to_have_text(SIGNS[1].word)
    expect(page["#part-model"]).to_contain_text(TITLE)
    expect(page["#part-broker"]).to_contain_text("connected")
    expect(page["#device-name"]).to_have_text("entrance")
    listener.publish("ishara/entrance/command", '{"command": "reply", "text": "غرفة 7"}')
    expect(page["#reply-text"]).to_have_text("غرفة 7")
    daemon.process.send_signal(signal.SIGTERM)
    daemon.wait()
    expect(page["#connection-text"]).to_have_text("Connection lost. Trying again…")
    before = page["#history-words > li"].count()
    start_daemon(*arguments, settings=settings).wait_for_log("the live page is at")
    expect(page["#connection-text"]).to_have_text("Live")
    expect(page["#history-words > li"].nth(before)).to_be_visible()
    page.close(was_disconnected=True)


def test_word_of_an_earlier_run_cannot_be_mistaken_for_another_one(
    bundle_folder: Path, one_sign: str, settings: dict[str, str], start_daemon: StartDaemon
) -> None:
    arguments = ("run", "--source", one_sign, "--model", bundle_folder, "--pace", "fast", "--exit-at-end", "--jsonl")
    of_page_alone = {name: value for name, value in settings.items() if "MQTT" not in name}
    before = time.time_ns() // 1_000_000
    daemon = start_daemon(*arguments, settings=of_page_alone)
    assert daemon.wait() == 0, daemon.logged
    word, utterance = (json.loads(line)["seq"] for line in daemon.printed.splitlines())
    assert before <= word < utterance  # and so above those of any run that ended before it
