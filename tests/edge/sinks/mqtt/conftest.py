"""A sink that is connected to a broker of the test."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from edge.commands import Commands
from edge.config import MqttConfig
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import DeviceStatus
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.publisher_state import PeriodicHealth
from edge.sinks.mqtt.sink import MqttSink
from tests.edge.tiny_bundle import TITLE


class OpenSink(Protocol):
    """Opens a sink that is closed with the test."""

    def __call__(
        self, config: MqttConfig, *, capacity: int = 1000, health_every_s: float = 3600.0, device: str = "entrance"
    ) -> MqttSink: ...


@pytest.fixture
def status() -> DeviceStatus:
    return DeviceStatus()


@pytest.fixture
def open_sink(caplog: pytest.LogCaptureFixture, tmp_path: Path, status: DeviceStatus) -> Iterator[OpenSink]:
    caplog.set_level(logging.INFO)
    opened: list[MqttSink] = []
    outboxes: list[Outbox] = []

    def start(
        config: MqttConfig, *, capacity: int = 1000, health_every_s: float = 3600.0, device: str = "entrance"
    ) -> MqttSink:
        for closed in outboxes:
            closed.close()
        outbox = Outbox(tmp_path / "outbox", capacity)
        outboxes.append(outbox)
        opened.append(
            MqttSink(
                config,
                outbox,
                device=device,
                model=json.dumps({"name": TITLE}),
                health=PeriodicHealth(PipelineStats(status=status, backlog=outbox).health, health_every_s),
                status=status,
                commands=Commands(status),
            )
        )
        return opened[-1]

    yield start
    for sink in opened:
        sink.close()
    for outbox in outboxes:
        outbox.close()
