"""Measures the delay from a word's MQTT message to the page: `python -m tests.edge.sinks.web.delay_in_browser`.

A daemon, Mosquitto and Chromium on one machine, whose clock they share: the message's moment is when a subscriber has
it, the page's when the word is in its document.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import expect, sync_playwright

from landmarkers.take import TAKE_SUFFIX
from tests.edge.daemon import Daemon
from tests.edge.mosquitto import Mosquitto
from tests.edge.ports import free_port
from tests.edge.sinks.web.browser import PageVisit, chromium
from tests.edge.tiny_bundle import PLACES, write_bundle
from tests.synthetic_signer import Sign, even_times, take

_SIGNS = 60
_EVERY_S = 1.5
_LONGEST_S = 900.0
_BAR_MS = 150.0
# Notes when each word of the history came, by the moment at which it was emitted.
_WATCH = """() => {
    window.came = {};
    new MutationObserver((changes) => {
        const at = performance.timeOrigin + performance.now();
        for (const item of changes.flatMap((change) => [...change.addedNodes])) {
            window.came[item.querySelector("time").dateTime] = at;
        }
    }).observe(document.getElementById("history-words"), {childList: true});
}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; returns 1 when the bar is missed."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        delays = np.array(_measure(folder, options.source or _made_up(folder), options.model, options.words))
    p50, p95, longest = np.percentile(delays, [50, 95, 100])
    figures = f"{p50:.0f} ms (p50), {p95:.0f} ms (p95), {longest:.0f} ms (longest)"
    print(f"{len(delays)} words on the page after their MQTT message: {figures}")
    return int(p95 > _BAR_MS)


def _measure(folder: Path, source: str, model: Path | None, words: int) -> list[float]:
    """Milliseconds from the message to the page, of so many words; negative where the page was sooner."""
    broker = Mosquitto(folder)
    broker.start()
    port = free_port()
    settings = {
        "ISHARA_WEB_PORT": str(port),
        "ISHARA_MQTT_HOST": "127.0.0.1",
        "ISHARA_MQTT_PORT": str(broker.port),
        "XDG_STATE_HOME": str(folder),
    }
    bundle = model.absolute() if model else write_bundle(folder / "tiny")
    daemon = Daemon(folder, "run", "--source", source, "--model", bundle, settings=settings)
    try:
        daemon.wait_for_log("the live page is at")
        with _heard(broker.port) as heard, sync_playwright() as playwright:
            visit = PageVisit(chromium(playwright), f"http://127.0.0.1:{port}/live-signs")
            expect(visit["#connection-text"]).to_have_text("Live")
            visit.page.evaluate(_WATCH)
            deadline = time.monotonic() + _LONGEST_S
            came: dict[str, float] = {}
            while len(came.keys() & heard.keys()) < words and time.monotonic() < deadline:
                visit.page.wait_for_timeout(1000)
                came = visit.page.evaluate("window.came")
            visit.close()
        return [came[moment] - 1000 * heard[moment] for moment in came.keys() & heard.keys()]
    finally:
        daemon.end()
        broker.stop()


@contextmanager
def _heard(port: int) -> Iterator[dict[str, float]]:
    """Arrival times of words over MQTT by the time at which they were emitted."""
    heard: dict[str, float] = {}

    def hear(message: paho.MQTTMessage) -> None:
        at = time.time()
        heard[json.loads(message.payload)["emitted_at"]] = at

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: hear(message)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe("ishara/+/word", 1)
    yield heard
    client.disconnect()
    client.loop_stop()


def _made_up(folder: Path) -> str:
    """A take of a synthetic person who makes many signs."""
    signs = [Sign(_EVERY_S * n + 0.2, _EVERY_S * n + 0.8, PLACES[n % len(PLACES)]) for n in range(_SIGNS)]
    path = folder / f"signs{TAKE_SUFFIX}"
    take(even_times(30, _SIGNS * _EVERY_S), *signs).save(path)
    return f"take:{path}"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=_SIGNS, help="how many to measure")
    parser.add_argument("--source", help="what the daemon's --source takes; without one a synthetic person signs")
    parser.add_argument("--model", type=Path, help="the bundle that reads the source")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
