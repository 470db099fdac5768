"""A virtual screen, and sinks on it."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.config import CaptionsConfig
from edge.monitoring.status import DeviceStatus
from edge.sinks.captions.sink import CaptionSink
from tests.edge.sinks.captions.xvfb import Xvfb

OpenSink = Callable[..., CaptionSink]


@pytest.fixture
def x_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Xvfb]:
    folder = tmp_path / "x"
    folder.mkdir()
    server = Xvfb(folder)
    for name in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SDL_VIDEODRIVER", "x11")
    monkeypatch.setenv("DISPLAY", server.display)
    yield server
    server.kill()


@pytest.fixture
def status() -> DeviceStatus:
    return DeviceStatus()


@pytest.fixture
def open_sink(status: DeviceStatus, caplog: pytest.LogCaptureFixture) -> Iterator[OpenSink]:
    """Return a function that opens sinks, which are closed with the test."""
    caplog.set_level(logging.INFO)
    opened: list[CaptionSink] = []

    def start(**settings: object) -> CaptionSink:
        usual = {"show": "words", "fade_after_s": 600, "history_s": 3600}  # however slow the machine is
        config = CaptionsConfig.model_validate(usual | settings)
        opened.append(CaptionSink(config, device="entrance", status=status))
        return opened[-1]

    yield start
    for sink in opened:
        sink.close()
