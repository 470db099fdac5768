"""A device that the tests of the page share, and the page in a real browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from edge.monitoring.status import Component
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.device import Device

OpenPage = Callable[..., PageVisit]


@pytest.fixture(scope="module")
def module_device() -> Iterator[Device]:
    device = Device()
    yield device
    device.stop()


@pytest.fixture
def device(module_device: Device) -> Device:
    """The device of the module, without faults and words."""
    module_device.sink.clear()
    for component in Component:
        module_device.status.report(component, None)
    module_device.status.set_paused(paused=False)
    module_device.status.set_model_state(None)
    return module_device


@pytest.fixture
def open_page(browser: Browser, device: Device) -> Iterator[OpenPage]:
    """Opens the page; at the end no problem may have occurred in it."""
    visits: list[PageVisit] = []

    def start(url: str = device.url, **options: Any) -> PageVisit:
        visits.append(PageVisit(browser, url, **options))
        return visits[-1]

    yield start
    for visit in visits:
        visit.close()
