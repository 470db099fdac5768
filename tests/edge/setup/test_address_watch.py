"""The invitation to the set-up page of a machine whose network comes later."""

import os
from pathlib import Path

import pytest

from edge.monitoring.status import Component, DeviceStatus
from edge.setup import address_watch, bootstrap
from edge.setup.address_watch import AddressWatch
from edge.setup.bootstrap import SetupWebConfig, setup_config
from edge.setup.invitation import Invitation
from tests.edge.waiting import wait_until


def test_invitation_follows_the_address_and_keeps_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    addresses: list[str] = []
    monkeypatch.setattr(bootstrap, "own_addresses", lambda: [*addresses])
    monkeypatch.setattr(bootstrap, "run_check", lambda *_, **__: "[]")
    monkeypatch.setattr(address_watch, "_EVERY_S", 0.05)
    web = setup_config(tmp_path, os.environ).web
    assert isinstance(web, SetupWebConfig)
    assert ".local:8300/setup#code=" in web.invitation.link
    shown: list[Invitation] = []
    watch = AddressWatch(web, shown.append, DeviceStatus().escalation(Component.DAEMON))
    try:
        addresses.append("192.0.2.7")
        wait_until(lambda: bool(shown), "the address")
    finally:
        watch.close()
    assert shown[-1].link == f"https://192.0.2.7:8300/setup#code={web.read_token()}"
    assert Invitation.read(tmp_path) == shown[-1]
    assert "https://192.0.2.7:8300/setup" in caplog.text
    assert len(shown) == 1
