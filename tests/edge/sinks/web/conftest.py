"""What tests of the live page need."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from edge.sinks.web.visitors.visitors import Visitors
from tests.edge.sinks.web.browser import PATIENCE_MS, chromium
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.visitor_server import LIMIT, VisitorServer

SwitchOn = Callable[..., Device]
StartBrowser = Callable[..., Browser]

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def start_browser() -> Iterator[StartBrowser]:
    """Starts browsers that are closed with the module: what drives them has an event loop of its own running."""
    with sync_playwright() as playwright:
        started: list[Browser] = []

        def start(*arguments: str, camera: Path | None = None) -> Browser:
            started.append(chromium(playwright, *arguments, camera=camera))
            return started[-1]

        yield start
        for browser in started:
            browser.close()


@pytest.fixture(scope="module")
def browser(start_browser: StartBrowser) -> Browser:
    """One for a whole module."""
    return start_browser()


@pytest.fixture
def switch_on() -> Iterator[SwitchOn]:
    """Switches on devices of a test's own."""
    devices: list[Device] = []

    def start(port: int | None = None, **settings: Any) -> Device:
        devices.append(Device(port, **settings))
        return devices[-1]

    yield start
    for one in devices:
        one.stop()


@pytest.fixture(scope="module")
def module_visitor_server() -> Iterator[VisitorServer]:
    """Serve visitors for a whole module."""
    with VisitorServer(Visitors(LIMIT)) as server:
        yield server


@pytest.fixture
def server(module_visitor_server: VisitorServer) -> VisitorServer:
    """Return the module's server once all visitors have left."""
    module_visitor_server.wait_empty()
    return module_visitor_server
