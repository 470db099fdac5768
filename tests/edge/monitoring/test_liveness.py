import threading
import time

import numpy as np
import pytest

from edge.cameras.fault_monitor import CameraTimeouts
from edge.cameras.live import LiveCamera
from edge.config import CameraConfig
from edge.monitoring.liveness import START_S, LivenessMonitor
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.frame import Frame
from tests.edge.cameras.fake_device import FROZEN, FakeDriver, MakeImage, black_image
from tests.edge.waiting import wait_until

IMAGE = np.zeros((1, 1, 3), np.uint8)


def test_camera_may_take_its_time_for_the_first_image() -> None:
    now = [100.0]
    liveness = LivenessMonitor(DeviceStatus(), lambda: now[-1])
    assert liveness.is_alive()
    now.append(100.0 + START_S - 1.0)
    assert liveness.is_alive()
    now.append(100.0 + START_S)
    assert not liveness.is_alive()


@pytest.mark.parametrize("make_image", [black_image, lambda: FROZEN])
def test_camera_whose_images_are_withheld_counts_as_alive(make_image: MakeImage) -> None:
    driver, status = FakeDriver(make_image), DeviceStatus()
    liveness = LivenessMonitor(status)
    camera = LiveCamera(
        "fake",
        driver.open,
        CameraConfig(),
        reconnect=True,
        should_process=liveness.observe_capture(lambda _time: True),
        report_fault=liveness.observe_faults(lambda fault: status.report(Component.CAMERA, fault)),
        timeouts=CameraTimeouts(fault_after_s=0.2),
    )
    frames = liveness.observe_processing(camera.frames())
    thread = threading.Thread(target=list, args=[frames])
    thread.start()
    try:
        wait_until(lambda: Component.CAMERA in status.faults, "the fault")
        liveness.is_alive()
        time.sleep(0.5)  # in which many images arrive, as between two questions of the watchdog
        assert liveness.is_alive()
    finally:
        camera.stop()
        thread.join()


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
    liveness = LivenessMonitor(status)
    liveness.frame_done()
    assert liveness.is_alive()
    assert not liveness.is_alive()
