from collections.abc import Iterator

import numpy as np

from edge.monitoring.liveness import LivenessMonitor, MonitoredCamera
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.frame import Frame

PICTURE = np.zeros((1, 1, 3), np.uint8)


class ThreeFrames:
    def frames(self) -> Iterator[Frame]:
        for number in range(3):
            yield Frame(PICTURE, number / 10)

    def stop(self) -> None:
        """It ends by itself."""


def test_a_heart_that_felt_nothing_does_not_beat() -> None:
    assert not LivenessMonitor(DeviceStatus()).is_alive()


def test_each_frame_that_was_dealt_with_lets_it_beat_once() -> None:
    heart = LivenessMonitor(DeviceStatus())
    frames = MonitoredCamera(ThreeFrames(), heart).frames()
    next(frames)
    assert not heart.is_alive()  # the first frame is still in the networks
    next(frames)
    assert heart.is_alive()
    assert not heart.is_alive()
    assert [frame.time for frame in frames] == [0.2]
    assert heart.is_alive()


def test_frames_that_nobody_wants_let_it_beat() -> None:
    heart = LivenessMonitor(DeviceStatus())
    assert not heart.observe_capture(lambda _time: False)(0.1)
    assert heart.is_alive()
    assert not heart.is_alive()


def test_a_frame_that_was_wanted_and_never_gets_through_the_networks_does_not() -> None:
    heart = LivenessMonitor(DeviceStatus())
    wanted = heart.observe_capture(lambda time: time < 1.0)
    for number in range(20):
        wanted(number / 10)
    assert not heart.is_alive()


def test_a_camera_that_is_known_to_be_away_is_no_reason_to_die() -> None:
    status = DeviceStatus()
    heart = LivenessMonitor(status)
    heart.observe_capture(lambda _time: True)(0.1)  # a frame was wanted, and then the camera broke before it came
    assert not heart.is_alive()
    status.report(Component.CAMERA, "the camera is away")
    assert heart.is_alive()
    assert heart.is_alive()
    status.report(Component.CAMERA, None)
    assert not heart.is_alive()


def test_a_broker_that_is_away_says_nothing_of_a_camera_that_is_silent() -> None:
    status = DeviceStatus()
    status.report(Component.BROKER, "the broker is away")
    assert not LivenessMonitor(status).is_alive()
