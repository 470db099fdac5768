"""`python -m tests.edge.sinks.web.delay`: how long after MQTT a word is on the live page, while others watch.

The shipped takes are read by a real daemon, its words come over a real Mosquitto and as server-sent events to the same
program. The memory is that of the daemon and of the program that serves the page.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from websockets.exceptions import ConnectionClosed

from edge.demo.__main__ import TAKES
from edge.recognition.word import Word
from tests.edge.daemon import Daemon
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.ports import free_port
from tests.edge.sinks.web.client import WebClient

_MB = 1e6
_SETTLED = 10  # words


def main() -> int:
    """Measure; returns the exit code."""
    parser = argparse.ArgumentParser(description="How long after MQTT a word is on the live page.")
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--watchers", type=int, default=3, help="others who watch the skeleton and hear the words")
    parser.add_argument("--source", default=f"take:{TAKES}")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = Mosquitto(folder)
        broker.start()
        stack.callback(broker.stop)
        listener = stack.enter_context(listening(broker))
        over_mqtt = _noting_arrivals(listener)
        port = free_port()
        mqtt, web = {"HOST": "127.0.0.1", "PORT": str(broker.port)}, {"PORT": str(port)}
        settings = {f"ISHARA_MQTT_{name}": value for name, value in mqtt.items()}
        settings |= {f"ISHARA_WEB_{name}": value for name, value in web.items()}
        settings["XDG_STATE_HOME"] = str(folder)
        daemon = Daemon(folder, "run", "--source", options.source, "--jsonl", settings=settings)
        stack.callback(daemon.end)
        daemon.wait_for_log("the live page is at ")
        for watch in [_watch, _listen] * options.watchers:
            threading.Thread(target=watch, args=(port,), daemon=True).start()
        on_page: dict[int, float] = {}
        health: dict[str, Any] = {}
        before = _memories(daemon)
        with WebClient(port).events() as events:
            for event in events:
                if event.name == "word" and health:  # before the first health come those that were said before
                    on_page[event.content["seq"]] = time.monotonic()
                    before = _memories(daemon) if len(on_page) == _SETTLED else before
                elif event.name == "health":
                    health = event.content
                if len(on_page) >= options.words:
                    break
        delays = [1000 * (on_page[seq] - at) for seq, at in over_mqtt.items() if seq in on_page]
        p50, p95, worst = np.percentile(delays, [50, 95, 100])
        print(f"{len(delays)} words, {options.watchers} watchers: on the page {p50:.1f} ms after MQTT (median)")
        print(f"p95 {p95:.1f} ms, worst {worst:.1f} ms; {health['frames_per_s']} frames a second")
        for name, mb in _memories(daemon).items():
            print(f"{name} holds {before[name]:.0f} MB after {_SETTLED} words, {mb:.0f} MB at the end")
    return 0 if p95 < 150.0 else 1


def _noting_arrivals(listener: Listener) -> dict[int, float]:
    """Arrival times of words over MQTT by their `seq`, recorded on the client's own thread."""
    arrivals: dict[int, float] = {}
    record = listener._record

    def note(message: object) -> None:
        record(message)  # type: ignore[arg-type]
        heard = listener.received[-1]
        if heard.topic.endswith("/word"):
            arrivals[Word.model_validate_json(heard.payload).seq] = time.monotonic()

    listener._record = note  # type: ignore[method-assign]
    return arrivals


def _watch(port: int) -> None:
    """Watch until the page is gone."""
    with suppress(ConnectionClosed), WebClient(port).view("skeleton") as views:
        while True:
            views.recv()


def _listen(port: int) -> None:
    """Hear words until the page is gone."""
    with suppress(httpx.HTTPError), WebClient(port).events() as events:
        for _ in events:
            continue


def _memories(daemon: Daemon) -> dict[str, float]:
    """Millions of bytes that the daemon and the page's program hold."""
    tasks = Path(f"/proc/{daemon.process.pid}/task").glob("*/children")
    (page,) = (int(pid) for task in tasks for pid in task.read_text().split())
    return {"the daemon": _memory(daemon.process.pid), "the page's program": _memory(page)}


def _memory(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MB


if __name__ == "__main__":
    sys.exit(main())
