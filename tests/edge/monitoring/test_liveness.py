import numpy as np

from edge.monitoring.liveness import LivenessMonitor
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.frame import Frame

IMAGE = np.zeros((1, 1, 3), np.uint8)


def test_without_any_observation_it_is_not_alive() -> None:
    assert not LivenessMonitor(DeviceStatus()).is_alive()


def test_each_processed_frame_counts_once() -> None:
    liveness = LivenessMonitor(DeviceStatus())
    frames = liveness.observe_processing(Frame(IMAGE, number / 10) for number in range(3))
    next(frames)
    assert not liveness.is_alive()  # the first frame is still being processed
    next(frames)
    assert liveness.is_alive()
    assert not liveness.is_alive()
    assert [frame.time for frame in frames] == [0.2]
    assert liveness.is_alive()


def test_skipped_frames_count() -> None:
    liveness = LivenessMonitor(DeviceStatus())
    assert not liveness.observe_capture(lambda _time: False)(0.1)
    assert liveness.is_alive()
    assert not liveness.is_alive()


def test_frame_that_should_be_processed_and_never_is_does_not_count() -> None:
    liveness = LivenessMonitor(DeviceStatus())
    should_process = liveness.observe_capture(lambda time: time < 1.0)
    for number in range(20):
        should_process(number / 10)
    assert not liveness.is_alive()


def test_known_loss_of_the_camera_counts_as_alive() -> None:
    status = DeviceStatus()
    liveness = LivenessMonitor(status)
    liveness.observe_capture(lambda _time: True)(0.1)  # a frame was wanted, and then the camera broke before it came
    assert not liveness.is_alive()
    status.report(Component.CAMERA, "the camera is lost")
    assert liveness.is_alive()
    assert liveness.is_alive()
    status.report(Component.CAMERA, None)
    assert not liveness.is_alive()


def test_loss_of_the_broker_does_not_excuse_a_silent_camera() -> None:
    status = DeviceStatus()
    status.report(Component.BROKER, "the broker is lost")
    assert not LivenessMonitor(status).is_alive()
