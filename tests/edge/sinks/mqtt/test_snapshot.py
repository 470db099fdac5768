"""Snapshots: a picture is published only when somebody asks, and shows no more than is allowed."""

import io
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from edge.monitoring.status import DeviceStatus
from edge.sinks.mqtt.snapshot import Snapshots
from landmarkers.frame import Frame, Landmarks
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.synthetic_takes import make_take

RED = (200, 30, 30)


def seen() -> tuple[Frame, Landmarks]:
    """Return a frame of a red room, and the landmarks of a signer."""
    image = np.full((480, 640, 3), RED, np.uint8)
    return Frame(image, 0.0), make_take(0).landmarks()[2]


def redness(content: bytes) -> float:
    """Return the share of red points."""
    picture = np.asarray(Image.open(io.BytesIO(content)), int)
    return float(np.mean((picture[..., 0] > 150) & (picture[..., 1] < 80)))


def test_nothing_is_published_before_somebody_asks_and_once_then(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config.model_copy(update={"snapshot": "skeleton"}))
    assert sink.snapshots is not None
    listener.wait_for_status("online")
    sink.snapshots.observe(*seen())
    listener.publish("ishara/entrance/command", "snapshot")
    listener.wait_until(lambda: bool(listener.on("response")))
    assert listener.on("snapshot") == []
    for _ in range(3):
        sink.snapshots.observe(*seen())
    listener.wait_until(lambda: bool(listener.on("snapshot")))
    listener.publish("ishara/entrance/command", "pause")
    listener.wait_until(lambda: len(listener.on("response")) == 2)
    (picture,) = listener.on("snapshot")
    assert not picture.retained
    assert "JFIF" in picture.payload[:20]
    listener.publish("ishara/entrance/command", "snapshot")
    listener.wait_until(lambda: len(listener.on("response")) == 3)
    assert "paused" in listener.on("response")[-1].payload


def test_snapshot_is_off_by_default(broker: Mosquitto, listener: Listener, open_sink: OpenSink) -> None:
    assert open_sink(broker.config).snapshots is None
    listener.wait_for_status("online")
    listener.publish("ishara/entrance/command", "snapshot")
    listener.wait_until(lambda: bool(listener.on("response")))
    assert "[mqtt] snapshot is off" in listener.on("response")[0].payload


@pytest.mark.parametrize("with_image", [True, False])
def test_picture_of_the_camera_is_shown_only_where_it_is_allowed(with_image: bool) -> None:
    snapshots = Snapshots(DeviceStatus(), lambda: None, with_image=with_image)
    snapshots.ask()
    snapshots.observe(*seen())
    content = snapshots.fetch()
    assert content is not None
    assert (redness(content) > 0.5) == with_image
    assert len(content) < 60_000  # the largest packet that docs/mqtt.md lets a broker accept has 65,536
    blank = Image.open(io.BytesIO(content)).convert("L").getextrema()
    assert blank[0] != blank[1]
    assert snapshots.fetch() is None


def test_request_is_void_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = Snapshots(DeviceStatus(), lambda: None, with_image=False)
    snapshots.ask()
    later = time.monotonic() + 11.0
    monkeypatch.setattr(time, "monotonic", lambda: later)
    snapshots.observe(*seen())
    assert snapshots.fetch() is None


def test_frame_without_an_image_is_drawn() -> None:
    snapshots = Snapshots(DeviceStatus(), lambda: None, with_image=True)
    snapshots.ask()
    frame, landmarks = seen()
    snapshots.observe(replace(frame, image=np.empty((0, 0, 3), np.uint8)), landmarks)
    assert snapshots.fetch() is not None
