"""`python -m tests.edge.sinks.captions.reply_delay`: measures how soon a reply is on the screen after its MQTT message.

A real daemon reads the shipped takes and shows their words on a virtual screen of X11; replies come over a real
Mosquitto.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np

from edge.demo.tour import TAKES
from edge.sinks.captions.layout import lay_out
from edge.sinks.captions.theme import THEMES
from tests.edge.daemon import Daemon, mqtt_settings
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.sinks.captions.xvfb import HEIGHT, WIDTH, Xvfb
from tests.edge.sinks.web.processes import children, module_of
from tests.edge.waiting import PATIENCE_S, wait_until

_TEXT: Final = "موعدك مع Dr. Hassan في Room 7 in Building B الساعة 10:30 (الدور 3)، أحضر بطاقتك. "
_EVERY_S: Final = 1.05  # ten commands are admitted in ten seconds
_POLL_S: Final = 0.002
_LIMIT_MS: Final = 150.0
_EDGE: Final = 12  # pixels; the picture moves by four


def main() -> int:
    """Measure, and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure how soon a reply is on the screen after its MQTT message.")
    parser.add_argument("--replies", type=int, default=30)
    parser.add_argument("--characters", type=int, default=80)
    options = parser.parse_args()
    text = (_TEXT * 10)[: options.characters]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = Xvfb(folder)
        stack.callback(server.kill)
        broker = Mosquitto(folder)
        broker.start()
        stack.callback(broker.stop)
        listener = stack.enter_context(listening(broker))
        screen = {"SDL_VIDEODRIVER": "x11", "DISPLAY": server.display, "ISHARA_CAPTIONS_PREVIEW": "skeleton"}
        settings = mqtt_settings(broker.port) | screen | {"XDG_STATE_HOME": str(folder)}
        daemon = Daemon(folder, "run", "--source", f"take:{TAKES}", "--jsonl", settings=settings)
        stack.callback(daemon.end)
        daemon.wait_for_log("captions are on a screen")
        listener.wait_for_status("online")
        worker = next(pid for pid in children(daemon.process.pid) if module_of(pid) == "edge.sinks.captions")
        is_shown = _watch(folder)
        measured = [_measure(listener, is_shown, worker, f"{number} {text}") for number in range(options.replies)]
    delays, processor = np.array(measured).T
    p50, p95, worst = np.percentile(delays, [50, 95, 100])
    print(f"{len(delays)} replies of {options.characters} characters, {WIDTH}x{HEIGHT}, load {os.getloadavg()[0]:.0f}")
    print(f"on the screen after {p50:.0f} ms (median), p95 {p95:.0f} ms, worst {worst:.0f} ms")
    print(f"processor time of the screen's process {np.median(processor):.0f} ms, {processor.max():.0f} ms at most")
    return 0 if p95 < _LIMIT_MS else 1


def _measure(listener: Listener, is_shown: Callable[[], bool], worker: int, text: str) -> tuple[float, float]:
    """Return how long a reply takes to the screen, and the screen's process computes meanwhile, in ms."""
    used, began = _processor_ms(worker), time.monotonic()
    _publish(listener, text)
    while not is_shown():
        if time.monotonic() - began > PATIENCE_S:
            raise TimeoutError("the reply does not come")
        time.sleep(_POLL_S)
    result = 1000 * (time.monotonic() - began), _processor_ms(worker) - used
    time.sleep(_EVERY_S)
    _publish(listener, "")
    wait_until(lambda: not is_shown(), "the screen without the reply")
    time.sleep(_EVERY_S)
    return result


def _publish(listener: Listener, text: str) -> None:
    listener.publish("ishara/entrance/command", json.dumps({"command": "reply", "text": text}, ensure_ascii=False))


def _watch(folder: Path) -> Callable[[], bool]:
    """Return a function that looks whether the screen has a reply at its lower edge, where no letter stands."""
    box = lay_out(WIDTH, HEIGHT, preview=True, reply=True).reply
    if box is None:
        raise AssertionError("the layout has a reply")
    descriptor = os.open(folder / "Xvfb_screen0", os.O_RDONLY)
    start = os.fstat(descriptor).st_size - 4 * WIDTH * HEIGHT  # the pixels come last, blue, green, red and a byte
    at = start + 4 * (WIDTH * (box.bottom - _EDGE) + box.left + box.width // 2)
    colour = bytes(reversed(THEMES["dark"].reply))
    return lambda: os.pread(descriptor, len(colour), at) == colour


def _processor_ms(pid: int) -> float:
    """Return the processor time of a process's main thread: https://docs.kernel.org/scheduler/sched-stats.html."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


if __name__ == "__main__":
    sys.exit(main())
