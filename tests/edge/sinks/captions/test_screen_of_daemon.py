"""The screen of a daemon as users start it."""

import json
import signal
from pathlib import Path

import pytest

from edge.sinks.captions.layout import lay_out
from edge.sinks.captions.message import TeachingMessage
from edge.sinks.captions.scene import Caption, ReplyText, Scene
from landmarkers.take import TAKE_SUFFIX
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import mqtt_settings
from tests.edge.learning.teachable_bundle import NEW_PLACE, write_teachable_bundle
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.sinks.captions.showing import LAYOUT, SIZE, wait_for
from tests.edge.sinks.captions.xvfb import Xvfb
from tests.edge.tiny_bundle import PLACES, SIGNS
from tests.edge.waiting import wait_until
from tests.synthetic_signer import Sign, even_times, take


def test_daemon_without_a_screen_logs_it_once_and_continues(
    monkeypatch: pytest.MonkeyPatch, bundle_folder: Path, tmp_path: Path, start_daemon: StartDaemon
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "x11")
    monkeypatch.setenv("DISPLAY", ":none")
    take(even_times(30, 3.0), Sign(0.5, 1.5, PLACES[1])).save(tmp_path / f"one{TAKE_SUFFIX}")
    daemon = start_daemon(
        *("run", "--source", f"take:one{TAKE_SUFFIX}", "--model", bundle_folder, "--jsonl"),
        settings={"ISHARA_CAPTIONS_THEME": "light"},
    )
    daemon.wait_for_log("WARNING the screen is lost: no screen can be opened")
    spoken = len(daemon.words_so_far())
    wait_until(lambda: len(daemon.words_so_far()) >= spoken + 2, "words after that")
    daemon.seconds_to_stop(signal.SIGTERM)
    assert {word.word for word in daemon.words()} == {SIGNS[1].word}
    assert daemon.wait() == 0
    assert daemon.logged.count("screen is lost") == 1
    assert "Traceback" not in daemon.logged


def test_daemon_shows_its_words_and_replies_and_clears_the_screen_at_exit(
    x_server: Xvfb,
    bundle_folder: Path,
    tmp_path: Path,
    start_daemon: StartDaemon,
    listener: Listener,
    broker: Mosquitto,
) -> None:
    take(even_times(30, 3.0), Sign(0.5, 1.5, PLACES[1])).save(tmp_path / f"one{TAKE_SUFFIX}")
    daemon = start_daemon(
        *("run", "--source", f"take:one{TAKE_SUFFIX}", "--model", bundle_folder, "--jsonl"),
        settings={
            "ISHARA_CAPTIONS_SHOW": "words",
            "ISHARA_CAPTIONS_CONFIDENT_FROM": "0.0",
            "ISHARA_CAPTIONS_FADE_AFTER_S": "600",
        }
        | mqtt_settings(broker.port),
    )
    expected = Caption(SIGNS[1].word, SIGNS[1].word_en, is_confident=True)
    wait_for(x_server, Scene(expected), LAYOUT.word, "the word")
    reply, box = "غرفة 7 in Building B. " * 20, lay_out(*SIZE, preview=True, reply=True).reply
    assert box is not None
    listener.publish("ishara/entrance/command", json.dumps({"command": "reply", "text": reply}))
    wait_for(x_server, Scene(reply=ReplyText(reply.strip())), box, "the reply")
    daemon.seconds_to_stop(signal.SIGTERM)
    assert daemon.wait() == 0
    assert "screen is lost" not in daemon.logged
    wait_until(lambda: not x_server.image().any(), "the empty screen")


def test_daemon_counts_down_on_its_screen_while_somebody_teaches_it(
    x_server: Xvfb, tmp_path: Path, start_daemon: StartDaemon, listener: Listener, broker: Mosquitto
) -> None:
    take(even_times(30, 6.5), Sign(5.0, 6.0, NEW_PLACE)).save(tmp_path / f"one{TAKE_SUFFIX}")
    bundle = write_teachable_bundle(tmp_path / "bundle")
    start_daemon(
        *("run", "--source", f"take:one{TAKE_SUFFIX}", "--pace", "realtime", "--model", bundle),
        settings={"ISHARA_CAPTIONS_THEME": "dark", "ISHARA_LEARNING_ASKED_BY": "Reception"}
        | mqtt_settings(broker.port),
    )
    listener.wait_until(lambda: bool(listener.on("health")))
    teach = {"command": "teach", "person": "amal", "word": "قهوة", "word_en": "Coffee", "takes": 1}
    listener.publish("ishara/entrance/command", json.dumps(teach))
    for phase, seconds in (("countdown", 2), ("countdown", 1), ("sign", 0), ("done", 0)):
        prompt = TeachingMessage(phase, ("قهوة", "Coffee"), (1, 1), seconds)
        wait_for(x_server, Scene(teaching=prompt), LAYOUT.word, f"the phase {phase} {seconds}")
