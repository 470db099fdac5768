"""Live cameras that hang, disappear and come back, played by a fake device."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from edge.cameras.camera import Camera, CameraFailed, CameraLost
from edge.cameras.fault_monitor import CameraTimeouts
from edge.cameras.live import LiveCamera
from edge.config import CameraConfig
from edge.workers.supervised_thread import MAX_FAILURES
from landmarkers.frame import Frame
from tests.edge.cameras.fake_device import FakeDriver, black_image, random_image
from tests.edge.cameras.fault_log import FaultLog
from tests.edge.waiting import wait_until

SHORT = CameraTimeouts(
    fault_after_s=1.0, abandon_after_s=1.5, abandon_start_after_s=1.5, retry_s=0.1, recovered_after_s=0.2
)
"""For fakes, which do not need the time of a real camera."""

Watch = Callable[[Camera], list[Frame]]


def fake_camera(driver: FakeDriver, faults: FaultLog, *, reconnect: bool = True) -> LiveCamera:
    return LiveCamera(
        "fake", driver.open, CameraConfig(), reconnect=reconnect, report_fault=faults.report, timeouts=SHORT
    )


def last_words(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().rpartition(" ")[2] for record in caplog.records]


def test_camera_that_returns_with_black_images_has_not_recovered(
    watch: Watch, faults: FaultLog, caplog: pytest.LogCaptureFixture
) -> None:
    driver = FakeDriver()
    frames = watch(fake_camera(driver, faults))
    wait_until(lambda: len(frames) > 3, "frames")
    driver.is_present = False
    faults.wait_for("no more images")
    driver.make_image, driver.is_present = black_image, True
    faults.wait_for("nothing but black")
    driver.make_image = random_image
    faults.wait_for(None)
    assert last_words(caplog) == ["back", "back"]
    assert driver.closed == driver.opened - 1


def test_hanging_read_is_abandoned_and_camera_is_opened_again(watch: Watch, faults: FaultLog) -> None:
    driver = FakeDriver()
    frames = watch(fake_camera(driver, faults))
    wait_until(lambda: len(frames) > 3, "frames")
    hanging = driver.responds
    hanging.clear()
    faults.wait_for("delivers no more images")
    before, driver.responds = len(frames), threading.Event()
    driver.responds.set()
    faults.wait_for(None)
    assert len(frames) > before
    assert (driver.opened, driver.closed) == (2, 0)
    hanging.set()
    wait_until(lambda: driver.closed == 1, "the device whose read returned at last")


def test_camera_whose_thread_meets_the_unforeseen_is_opened_again(watch: Watch, faults: FaultLog) -> None:
    failures = iter([RecursionError("maximum recursion depth exceeded")])

    def make_image() -> np.ndarray:
        if (failure := next(failures, None)) is not None:
            raise failure
        return random_image()

    driver = FakeDriver(make_image)
    frames = watch(fake_camera(driver, faults))
    faults.wait_for("the camera's thread failed unexpectedly: RecursionError: maximum recursion depth exceeded; it is")
    faults.wait_for(None)
    wait_until(lambda: len(frames) > 3, "frames")
    assert (driver.opened, driver.closed) == (2, 1)


def test_camera_whose_thread_fails_again_and_again_ends_the_daemon(faults: FaultLog) -> None:
    def make_image() -> np.ndarray:
        raise RecursionError("maximum recursion depth exceeded")

    driver = FakeDriver(make_image)
    with pytest.raises(CameraFailed, match="RecursionError"):
        next(iter(fake_camera(driver, faults).frames()))
    assert (driver.opened, driver.closed) == (MAX_FAILURES, MAX_FAILURES)


def test_driver_that_always_hangs_costs_a_limited_number_of_threads(watch: Watch, faults: FaultLog) -> None:
    driver = FakeDriver()
    driver.responds.clear()
    try:
        watch(fake_camera(driver, faults))
        faults.wait_for("hangs in its driver; unplug it")
        opened = driver.opened
        time.sleep(SHORT.retry_s * 5)
        assert driver.opened == opened == 3
        assert sum(thread.name == "camera" for thread in threading.enumerate()) == opened
    finally:
        driver.responds.set()
    faults.wait_for(None)
    assert driver.closed == opened


def test_hanging_camera_without_reconnect_is_lost(faults: FaultLog) -> None:
    driver = FakeDriver()
    driver.responds.clear()
    try:
        with pytest.raises(CameraLost, match="fake delivers no more images"):
            list(fake_camera(driver, faults, reconnect=False).frames())
    finally:
        driver.responds.set()


def test_stopped_camera_that_is_absent_is_not_retried(watch: Watch, faults: FaultLog) -> None:
    driver = FakeDriver()
    driver.is_present = False
    camera = fake_camera(driver, faults)
    watch(camera)
    faults.wait_for("cannot be opened")
    camera.stop()


def test_stop_ends_a_camera_that_waits_for_its_next_image_at_once(watch: Watch, faults: FaultLog) -> None:
    driver = FakeDriver()
    camera = fake_camera(driver, faults)
    frames = camera.frames()
    next(frames)
    stopping = threading.Timer(0.1, camera.stop)
    driver.responds.clear()
    try:
        stopping.start()
        began = time.monotonic()
        assert len(list(frames)) <= 1
        assert time.monotonic() - began < SHORT.fault_after_s
    finally:
        driver.responds.set()


def test_slow_consumer_receives_the_newest_frame_and_the_others_count_as_dropped(faults: FaultLog) -> None:
    driver = FakeDriver()
    camera = fake_camera(driver, faults)
    frames = camera.frames()
    first = next(frames).time
    time.sleep(0.5)
    second = next(frames).time
    camera.stop()
    assert second - first > 0.3
    assert camera.dropped > 3


def test_images_of_frames_that_are_not_processed_are_not_decoded(watch: Watch) -> None:
    decoded: list[int] = []

    def make_image() -> np.ndarray:
        decoded.append(1)
        return random_image()

    decisions = iter([False] * 10 + [True] * 1000)
    driver = FakeDriver(make_image)
    camera = LiveCamera("fake", driver.open, CameraConfig(), reconnect=True, should_process=lambda _: next(decisions))
    frames = watch(camera)
    wait_until(lambda: len(frames) > 3, "frames")
    camera.stop()
    assert frames[0].time > 0.0
    assert len(decoded) <= len(frames) + 2


def test_camera_whose_frames_are_long_not_processed_is_not_lost(watch: Watch, faults: FaultLog) -> None:
    driver = FakeDriver()
    camera = LiveCamera(
        "fake",
        driver.open,
        CameraConfig(),
        reconnect=True,
        should_process=lambda time: time > SHORT.abandon_after_s + 0.5,
        report_fault=faults.report,
        timeouts=SHORT,
    )
    frames = watch(camera)
    wait_until(lambda: len(frames) > 3, "frames")
    assert faults.changes == []
    assert driver.opened == 1
