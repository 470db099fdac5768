"""`python -m tests.edge.sinks.web.delay`: measures the delay of words on the live page after MQTT, with other readers.

A real daemon reads the shipped takes; its words arrive over a real Mosquitto and as server-sent events in the same
program. The memory is that of the daemon and of the process that serves the page.
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

from edge.demo.tour import TAKES
from edge.recognition.word import Word
from tests.edge.daemon import Daemon
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.ports import free_port
from tests.edge.sinks.web.client import WebClient

_MB = 1e6
_WARM_UP = 10  # words


def main() -> int:
    """Measure, and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure the delay of words on the live page after MQTT.")
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--readers", type=int, default=3, help="others that receive the skeleton and the words")
    parser.add_argument("--source", default=f"take:{TAKES}")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = Mosquitto(folder)
        broker.start()
        stack.callback(broker.stop)
        listener = stack.enter_context(listening(broker))
        over_mqtt = _record_arrivals(listener)
        port = free_port()
        mqtt, web = {"HOST": "127.0.0.1", "PORT": str(broker.port)}, {"PORT": str(port)}
        settings = {f"ISHARA_MQTT_{name}": value for name, value in mqtt.items()}
        settings |= {f"ISHARA_WEB_{name}": value for name, value in web.items()}
        settings["XDG_STATE_HOME"] = str(folder)
        daemon = Daemon(folder, "run", "--source", options.source, "--jsonl", settings=settings)
        stack.callback(daemon.end)
        daemon.wait_for_log("the live page is at ")
        for read in [_read_views, _read_events] * options.readers:
            threading.Thread(target=read, args=(port,), daemon=True).start()
        on_page: dict[int, float] = {}
        health: dict[str, Any] = {}
        before = _memories(daemon)
        with WebClient(port).events() as events:
            for event in events:
                if event.name == "word" and health:  # words before the first health were signed earlier
                    on_page[event.content["seq"]] = time.monotonic()
                    before = _memories(daemon) if len(on_page) == _WARM_UP else before
                elif event.name == "health":
                    health = event.content
                if len(on_page) >= options.words:
                    break
        delays = [1000 * (on_page[seq] - at) for seq, at in over_mqtt.items() if seq in on_page]
        p50, p95, worst = np.percentile(delays, [50, 95, 100])
        print(f"{len(delays)} words, {options.readers} readers: on the page {p50:.1f} ms after MQTT (median)")
        print(f"p95 {p95:.1f} ms, worst {worst:.1f} ms; {health['frames_per_s']} frames a second")
        for name, mb in _memories(daemon).items():
            print(f"{name} uses {before[name]:.0f} MB after {_WARM_UP} words, {mb:.0f} MB at the end")
    return 0 if p95 < 150.0 else 1


def _record_arrivals(listener: Listener) -> dict[int, float]:
    """Return the arrival time of each word over MQTT, by its number; recorded on the client's own thread."""
    arrivals: dict[int, float] = {}
    record = listener._record

    def record_arrival(message: object) -> None:
        record(message)  # type: ignore[arg-type]
        latest = listener.received[-1]
        if latest.topic.endswith("/word"):
            arrivals[Word.model_validate_json(latest.payload).seq] = time.monotonic()

    listener._record = record_arrival  # type: ignore[method-assign]
    return arrivals


def _read_views(port: int) -> None:
    """Receive views until the page ends."""
    with suppress(ConnectionClosed), WebClient(port).view("skeleton") as views:
        while True:
            views.recv()


def _read_events(port: int) -> None:
    """Receive words until the page ends."""
    with suppress(httpx.HTTPError), WebClient(port).events() as events:
        for _ in events:
            continue


def _memories(daemon: Daemon) -> dict[str, float]:
    """Return the memory of the daemon and of the page's process, in MB."""
    tasks = Path(f"/proc/{daemon.process.pid}/task").glob("*/children")
    (page,) = (int(pid) for task in tasks for pid in task.read_text().split())
    return {"the daemon": _memory(daemon.process.pid), "the page's process": _memory(page)}


def _memory(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MB


if __name__ == "__main__":
    sys.exit(main())
