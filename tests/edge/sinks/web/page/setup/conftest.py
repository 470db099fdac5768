"""A device that is being set up, and its page on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.page.setting_up import PHONE, VALUES, SetupDevice, open_setup


@pytest.fixture(scope="module")
def module_device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SetupDevice]:
    device = SetupDevice(tmp_path_factory.mktemp("state"))
    yield device
    device.stop()


@pytest.fixture
def device(module_device: SetupDevice) -> SetupDevice:
    """The device of the module as it is before its first step."""
    module_device.settings.values = dict(VALUES)
    module_device.settings.secrets.clear()
    module_device.settings.applied.clear()
    module_device.settings.read_only = module_device.settings.refusal = None
    module_device.asked.clear()
    return module_device


@pytest.fixture
def page(browser: Browser, device: SetupDevice) -> Iterator[PageVisit]:
    visit = open_setup(browser, device, viewport=PHONE)
    visit.problems.clear()  # the page that asks for the code is a 401
    yield visit
    visit.close()
