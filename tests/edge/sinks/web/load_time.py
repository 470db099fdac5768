"""`python -m tests.edge.sinks.web.load_time`: measures how soon a page with 500 kept words is ready, in real browsers.

The time runs from the start of the navigation until words and state are painted.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from playwright.sync_api import sync_playwright

from edge.sinks.web.message import MAX_EVENTS
from tests.edge.sinks.web.browser import PageVisit, chromium
from tests.edge.sinks.web.client import WebClient
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.firefox import firefox
from tests.edge.sinks.web.webkit import webkit
from tests.edge.waiting import wait_until

_LIMIT_MS = 1000.0
_IS_READY = """new Promise((done) => {
    const state = document.querySelector("#part-camera .main-text");
    const check = () => {
        const isReady = state.dataset.text !== "state-unknown" && document.querySelector("#history-words > li");
        if (isReady) requestAnimationFrame(() => setTimeout(() => done(performance.now())));
        else setTimeout(check, 5);
    };
    check();
})"""


class Browser(Protocol):
    """A browser with one page."""

    def open(self, url: str) -> None:
        """Open a page."""

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression."""

    def save_screenshot(self, path: Path) -> None:
        """Write a picture of the page as PNG."""


class Chromium:
    """Chromium with one page."""

    def __init__(self, visit: PageVisit) -> None:
        self._page = visit.page

    def open(self, url: str) -> None:
        """Open a page."""
        self._page.goto(url)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression."""
        return self._page.evaluate(expression)

    def save_screenshot(self, path: Path) -> None:
        """Write a picture of the page as PNG."""
        self._page.screenshot(path=path)


@contextmanager
def _chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        yield Chromium(PageVisit(chromium(playwright), "about:blank"))


BROWSERS: Final[dict[str, Callable[[], AbstractContextManager[Browser]]]] = {
    "chromium": _chromium,
    "firefox": firefox,
    "webkit": webkit,
}


def main() -> int:
    """Measure and print, and return 1 if a page after the first took longer than the limit in the median."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browsers", nargs="+", choices=BROWSERS, default=list(BROWSERS))
    parser.add_argument("--times", type=int, default=11, help="how often each opens the page")
    parser.add_argument("--busy", type=int, default=2, help="other programs that each keep a core busy")
    parser.add_argument("--screenshots", type=Path, help="folder for a picture of each browser's page")
    options = parser.parse_args()
    device = Device()
    medians = []
    with ExitStack() as stack:
        stack.callback(device.stop)
        for number in range(MAX_EVENTS):
            device.sign_word(sign=number % 3)
        client = WebClient(device.port)
        wait_until(lambda: len(client.words()) == MAX_EVENTS, "the words")
        for _ in range(options.busy):
            stack.callback(subprocess.Popen([sys.executable, "-c", "while True: pass"]).kill)
        for name in options.browsers:
            with BROWSERS[name]() as browser:
                first, *others = (_ready_after(browser, device.url) for _ in range(options.times))
                if options.screenshots:
                    browser.save_screenshot(options.screenshots / f"{name}.png")
            medians.append(float(np.median(others)))
            figures = f"first {first:.0f} ms, then {medians[-1]:.0f} ms (median), {max(others):.0f} ms (longest)"
            print(f"{name}: {figures}; load {os.getloadavg()[0]:.1f}")
    return int(max(medians) > _LIMIT_MS)


def _ready_after(browser: Browser, url: str) -> float:
    """Return the milliseconds until the page is ready."""
    browser.open("about:blank")
    time.sleep(1.0)  # a browser that has just started is busy with itself
    browser.open(url)
    return float(browser.evaluate(_IS_READY))


if __name__ == "__main__":
    sys.exit(main())
