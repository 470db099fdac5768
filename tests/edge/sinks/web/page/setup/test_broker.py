"""The step of set-up that chooses a broker."""

import pytest
from playwright.sync_api import expect

from edge.requests import BrokerAccess
from edge.setup.state import TrialOutcome
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.page.setting_up import BROKER, SetupDevice, go_to
from tests.edge.waiting import wait_until


def test_broker_is_tried_with_the_password_that_the_device_has(page: PageVisit, device: SetupDevice) -> None:
    device.settings.values |= {"mqtt.host": "hub", "mqtt.port": 1883, "mqtt.tls": False, "mqtt.username": "reader"}
    device.settings.secrets["mqtt.password"] = "kept"
    page.page.reload()
    go_to(page, "broker")
    tried: list[BrokerAccess | None] = []
    for port in ("1883", "1884"):
        page['[name="mqtt.port"]'].fill(port)
        page["#setup-try-broker"].click()
        expect(page["#setup-outcome"]).to_contain_text("Connecting to")
        wait_until(lambda: sum(one.action == "try_broker" for one in device.asked) > len(tried), "the trial")
        tried.append(next(one.broker for one in reversed(device.asked) if one.action == "try_broker"))
    assert tried[0] is None, "the device has the password"
    assert tried[1] is not None
    assert tried[1].password is None, "it is shown to no other broker"


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (TrialOutcome.WRONG_LOGIN, "User name or password is not right"),
        (TrialOutcome.UNKNOWN_HOST, "Check how it is written"),
        (TrialOutcome.REFUSED, "Nothing listens at this port"),
        (TrialOutcome.OK, "Connected"),
    ],
)
def test_broker_is_tried_and_the_reason_named(
    outcome: TrialOutcome, sentence: str, page: PageVisit, device: SetupDevice
) -> None:
    go_to(page, "broker")
    page["#setup-brokers label"].filter(has_text=BROKER.name).click()
    expect(page['[name="mqtt.host"]']).to_have_value(BROKER.host)
    page['[name="mqtt.username"]'].fill("ishara")
    page['[name="mqtt.password"]'].fill("secret")
    page["#setup-try-broker"].click()
    expect(page["#setup-outcome"]).to_contain_text("Connecting to")
    wait_until(lambda: device.asked[-1].action == "try_broker", "the request")
    asked = device.asked[-1].broker
    assert asked is not None
    assert (asked.host, asked.port, asked.username) == (BROKER.host, 1883, "ishara")
    device.try_broker(outcome)
    expect(page["#setup-outcome"]).to_contain_text(sentence)


def test_broker_is_set_with_its_password_apart(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "broker")
    page["#setup-brokers label"].filter(has_text="Another").click()
    page['[name="mqtt.host"]'].fill("192.0.2.9")
    page['[name="mqtt.username"]'].fill("ishara")
    page['[name="mqtt.password"]'].fill("secret")
    page["#setup-next"].click()
    expect(page["#setup-title"]).to_have_text("Page")
    wanted = {"mqtt.host": "192.0.2.9", "mqtt.port": 1883, "mqtt.username": "ishara"}
    assert device.settings.applied == [wanted]
    assert device.settings.secrets == {"mqtt.password": "secret"}
