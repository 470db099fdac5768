"""`python -m tests.edge.sinks.web.delay_in_browser`: measures the delay of words in a browser after MQTT.

Daemon, Mosquitto and Chromium share one machine and its clock. The times are those at which a subscriber has
the message and at which the word is in the page's document.
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
_TIMEOUT_S = 900.0
_LIMIT_MS = 150.0
# Records the arrival of each word of the history, by the time at which it was emitted.
_RECORD_ARRIVALS = """() => {
    window.arrivals = {};
    new MutationObserver((changes) => {
        const at = performance.timeOrigin + performance.now();
        for (const item of changes.flatMap((change) => [...change.addedNodes])) {
            window.arrivals[item.querySelector("time").dateTime] = at;
        }
    }).observe(document.getElementById("history-words"), {childList: true});
}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print, and return 1 if the limit is exceeded."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        delays = np.array(_measure(folder, options.source or _synthetic_source(folder), options.model, options.words))
    p50, p95, longest = np.percentile(delays, [50, 95, 100])
    figures = f"{p50:.0f} ms (p50), {p95:.0f} ms (p95), {longest:.0f} ms (longest)"
    print(f"{len(delays)} words on the page after their MQTT message: {figures}")
    return int(p95 > _LIMIT_MS)


def _measure(folder: Path, source: str, model: Path | None, words: int) -> list[float]:
    """Return the milliseconds from message to page for so many words; negative if the page was earlier."""
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
        with _arrivals(broker.port) as published, sync_playwright() as playwright:
            visit = PageVisit(chromium(playwright), f"http://127.0.0.1:{port}/live-signs")
            expect(visit["#connection-text"]).to_have_text("Live")
            visit.page.evaluate(_RECORD_ARRIVALS)
            deadline = time.monotonic() + _TIMEOUT_S
            shown: dict[str, float] = {}
            while len(shown.keys() & published.keys()) < words and time.monotonic() < deadline:
                visit.page.wait_for_timeout(1000)
                shown = visit.page.evaluate("window.arrivals")
            visit.close()
        return [shown[emitted_at] - 1000 * published[emitted_at] for emitted_at in shown.keys() & published.keys()]
    finally:
        daemon.end()
        broker.stop()


@contextmanager
def _arrivals(port: int) -> Iterator[dict[str, float]]:
    """Yield the arrival time of each word over MQTT, by the time at which it was emitted."""
    arrivals: dict[str, float] = {}

    def record(message: paho.MQTTMessage) -> None:
        at = time.time()
        arrivals[json.loads(message.payload)["emitted_at"]] = at

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: record(message)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe("ishara/+/word", 1)
    yield arrivals
    client.disconnect()
    client.loop_stop()


def _synthetic_source(folder: Path) -> str:
    """Write a take of a synthetic signer with many signs."""
    signs = [Sign(_EVERY_S * n + 0.2, _EVERY_S * n + 0.8, PLACES[n % len(PLACES)]) for n in range(_SIGNS)]
    path = folder / f"signs{TAKE_SUFFIX}"
    take(even_times(30, _SIGNS * _EVERY_S), *signs).save(path)
    return f"take:{path}"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=_SIGNS, help="how many to measure")
    parser.add_argument("--source", help="what the daemon's --source takes; without one a synthetic signer")
    parser.add_argument("--model", type=Path, help="the bundle for the source")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
