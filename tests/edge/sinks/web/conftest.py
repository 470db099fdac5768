"""Fixtures of the live page: browsers, devices, and a server for visitors."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from edge.sinks.web.visitors.crash_delays import CrashDelays
from edge.sinks.web.visitors.visitors import Visitors
from tests.edge.sinks.web.browser import PATIENCE_MS, chromium
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.visitor_server import LIMIT, VisitorServer

StartDevice = Callable[..., Device]
StartBrowser = Callable[..., Browser]

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def start_browser() -> Iterator[StartBrowser]:
    """Start browsers that are closed with the module, since Playwright runs an event loop of its own meanwhile."""
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
    """Start one browser for a whole module."""
    return start_browser()


@pytest.fixture
def start_device() -> Iterator[StartDevice]:
    """Start devices of a test's own."""
    devices: list[Device] = []

    def start(port: int | None = None, **settings: Any) -> Device:
        devices.append(Device(port, **settings))
        return devices[-1]

    yield start
    for device in devices:
        device.stop()


@pytest.fixture(scope="module")
def module_visitor_server() -> Iterator[VisitorServer]:
    """Serve visitors for a whole module."""
    with VisitorServer(Visitors(LIMIT)) as server:
        yield server


@pytest.fixture
def server(module_visitor_server: VisitorServer) -> VisitorServer:
    """Return the module's server once all visitors have left; it has forgotten what they did."""
    module_visitor_server.wait_empty()
    module_visitor_server.visitors._delays = CrashDelays()
    return module_visitor_server
