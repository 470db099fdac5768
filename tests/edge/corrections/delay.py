"""`python -m tests.edge.corrections.delay`: measures the delay of corrections after their command.

Mosquitto, all sinks as the daemon opens them, Xvfb and Chromium share one machine and its clock. The times are those at
which a subscriber has the event, at which the screen shows the text, and at which it is in the page's document.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.sync_api import sync_playwright

from edge.config import EdgeConfig
from edge.conversation import Conversation
from edge.lifecycle.plan import Plan
from edge.monitoring.health import PipelineStats
from edge.monitoring.meter import MeteredClassifier
from edge.monitoring.status import DeviceStatus
from edge.outputs import Outputs
from edge.recognition.word import StreamClock, Word, WordFactory
from edge.sinks.captions.message import Answer, CaptionsDisplayed
from edge.sinks.captions.sink import CaptionSink
from edge.sinks.mqtt.outbox import Outbox
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port
from tests.edge.sinks.captions.xvfb import Xvfb
from tests.edge.sinks.web.browser import PageVisit, chromium
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.device import word
from tests.edge.tiny_bundle import SIGNS, write_bundle
from tests.edge.waiting import wait_until

_CORRECTIONS: Final = 50
_EVERY_S: Final = 1.1  # the device admits ten commands in ten seconds
_LIMIT_MS: Final = 200.0
_RECORD_CAPTIONS: Final = """() => {
    window.shown = [];
    const now = () => performance.timeOrigin + performance.now();
    new MutationObserver(() => window.shown.push(now())).observe(document.getElementById("word"), {childList: true});
    addEventListener("click", () => { window.clicked = now(); }, true);
}"""


class _Swaps:
    """No other model comes."""

    def on_swap(self, callback: Callable[[Plan], None]) -> None:
        """Forget the callback."""


class _Device:
    """All sinks of a device, connected to its commands as in the daemon."""

    def __init__(self, folder: Path, broker: Mosquitto, stack: ExitStack) -> None:
        token = folder / "token"
        token.write_text(TOKEN)
        web = {"port": free_port(), "token_file": token}
        content: dict[str, Any] = {"device": "entrance", "captions": {}, "web": web, "mqtt": broker.config}
        config = EdgeConfig.model_validate(content)
        bundle = open_bundle(write_bundle(folder / "bundle"))
        status, outbox = DeviceStatus(), Outbox(folder / "outbox", 1000)
        self.words = WordFactory(
            StreamClock(fast=False), model="tiny@3", device="entrance", threshold=0.5, next_seq=outbox.claim_seq
        )
        self.conversation = Conversation((), self.words)
        plan = Plan(config, bundle, MeteredClassifier(OnnxClassifier(bundle)))
        Outputs(plan, status, PipelineStats(status=status), _Swaps(), self.conversation, stack, lambda: None).open_all(
            outbox, None, None
        )
        self.url = f"http://127.0.0.1:{web['port']}/live-signs?token={TOKEN}"
        self.displayed: list[float] = []
        screen = next(sink for sink in self.conversation.sinks if isinstance(sink, CaptionSink))
        receive = screen._receive

        def record(answer: Answer) -> None:
            receive(answer)
            if isinstance(answer, CaptionsDisplayed):
                self.displayed.append(answer.displayed_at)

        object.__setattr__(screen._worker._callbacks, "receive", record)

    def say(self) -> int:
        """Say a word, and return its number."""
        self.conversation.say([word(seq := self.words.next_seq())])
        return seq


def main() -> int:
    """Measure and print, and return 1 if the limit is exceeded."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "x").mkdir()
        (folder / "broker").mkdir()
        broker, server = Mosquitto(folder / "broker"), Xvfb(folder / "x")
        broker.start()
        stack.callback(broker.stop)
        stack.callback(server.kill)
        os.environ |= {"SDL_VIDEODRIVER": "x11", "DISPLAY": server.display}
        listener = Listener(broker.plain_port)
        stack.callback(listener.close)
        device = _Device(folder, broker, stack)
        listener.wait_for_status("online")
        playwright = stack.enter_context(sync_playwright())
        page = PageVisit(chromium(playwright), device.url)
        seq = device.say()
        page["#history-words summary"].click()
        page["#history-words form"].wait_for()
        wait_until(lambda: bool(device.displayed), "the word on the screen")
        page.page.evaluate(_RECORD_CAPTIONS)
        delays = _measure_commands(device, listener, page, seq) | {"page, touched there": _measure_touches(page)}
    for place, found in delays.items():
        p50, p95, longest = np.percentile(found, [50, 95, 100])
        print(f"{place}: {p50:.0f} ms (p50), {p95:.0f} ms (p95), {longest:.0f} ms (longest of {len(found)})")
    return int(any(np.percentile(found, 95) > _LIMIT_MS for found in delays.values()))


def _measure_commands(device: _Device, listener: Listener, page: PageVisit, seq: int) -> dict[str, list[float]]:
    """Return the milliseconds from the command to each place."""
    delays: dict[str, list[float]] = {"subscriber": [], "screen": [], "page": []}
    for number in range(_CORRECTIONS):
        request = {"command": "correct", "seq": seq, "sign_id": SIGNS[1 + number % 2].sign_id}
        shown, displayed, words = _shown(page), len(device.displayed), len(listener.on("word"))
        wall, sent = time.time() * 1e3, time.monotonic()
        listener.publish("ishara/entrance/command", json.dumps(request))
        listener.wait_until(lambda: len(listener.on("word")) > words)  # noqa: B023  # called at once
        delays["subscriber"].append((time.monotonic() - sent) * 1e3)
        assert Word.model_validate_json(listener.on("word")[-1].payload).corrects == seq
        wait_until(lambda: len(device.displayed) > displayed, "the screen")  # noqa: B023
        delays["screen"].append((device.displayed[displayed] - sent) * 1e3)
        wait_until(lambda: len(_shown(page)) > len(shown), "the page")  # noqa: B023
        delays["page"].append(_shown(page)[len(shown)] - wall)
        time.sleep(max(0.0, sent + _EVERY_S - time.monotonic()))
    return delays


def _measure_touches(page: PageVisit) -> list[float]:
    """Return the milliseconds from the touch of an alternative to the caption of the page."""
    delays = []
    for _ in range(30):
        shown = len(_shown(page))
        page["#history-words .more button[lang=ar]"].first.click()
        wait_until(lambda: len(_shown(page)) > shown, "the page")  # noqa: B023
        delays.append(_shown(page)[shown] - float(page.page.evaluate("window.clicked")))
    return delays


def _shown(page: PageVisit) -> list[float]:
    """Return when the page's caption changed, in milliseconds since 1970."""
    times: list[float] = page.page.evaluate("window.shown")
    return times


if __name__ == "__main__":
    raise SystemExit(main())
