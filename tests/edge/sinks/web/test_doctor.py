"""The doctor's finding about the live page."""

from contextlib import closing
from pathlib import Path

import pytest

from edge.config import MetricsConfig, WebConfig
from edge.diagnostics.finding import State
from edge.doctor.live_page import check_live_page
from edge.monitoring.health import PipelineStats
from edge.monitoring.metrics import MetricsServer
from edge.monitoring.status import Component, DeviceStatus
from tests.edge.certificates import make_certificates
from tests.edge.ports import free_port
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.conftest import StartDevice


def test_page_that_is_not_configured_is_left_out() -> None:
    assert check_live_page(None).state is State.SKIPPED


def test_page_that_can_be_or_is_served_is_ok(start_device: StartDevice, tmp_path: Path) -> None:
    port = free_port()
    finding = check_live_page(WebConfig(port=port))
    assert (finding.state, finding.sentence) == (
        State.OK,
        f"it can be served at http://127.0.0.1:{port}/live-signs",
    )
    (tmp_path / "token").write_text(TOKEN)
    files = make_certificates(tmp_path)
    tls = {"certificate_file": files.broker, "key_file": files.broker_key, "token_file": tmp_path / "token"}
    device = start_device(address="0.0.0.0", **tls)
    config = WebConfig.model_validate({"address": "0.0.0.0", "port": device.port} | tls)
    assert check_live_page(config).sentence == f"the daemon serves it at {config.url}"


def test_port_in_use_is_named() -> None:
    port, escalation = free_port(), DeviceStatus().escalation(Component.DAEMON)
    with closing(MetricsServer(MetricsConfig(port=port), PipelineStats().health, escalation)):
        finding = check_live_page(WebConfig(port=port))
    assert finding.state is State.FAILED
    assert f"web.port {port}: cannot be bound" in finding.sentence


def test_missing_or_short_token_is_named(tmp_path: Path) -> None:
    absent = check_live_page(WebConfig(port=free_port(), token_file=tmp_path / "token"))
    assert (absent.state, "cannot be read" in absent.sentence) == (State.FAILED, True)
    (tmp_path / "token").write_text("short")
    assert "at least 16" in check_live_page(WebConfig(port=free_port(), token_file=tmp_path / "token")).sentence


def test_credential_of_the_service_is_not_checked() -> None:
    config = WebConfig(address="0.0.0.0", port=free_port(), token_file=Path("web-token"))
    assert check_live_page(config).state is State.OK


def test_missing_libraries_are_reported_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.sinks.web.listener.LIBRARIES", ("absent_one",))
    finding = check_live_page(WebConfig(port=free_port()))
    assert (finding.state, finding.remedy) == (State.FAILED, "pip install 'ishara[web]'")
