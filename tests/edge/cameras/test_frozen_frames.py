"""Live cameras that deliver black or frozen images."""

import time
from collections.abc import Callable
from itertools import cycle

import pytest

from edge.cameras.camera import Camera
from edge.cameras.fault_monitor import CameraTimeouts
from edge.cameras.live import LiveCamera
from edge.config import CameraConfig
from landmarkers.frame import Frame
from tests.edge.cameras.fake_device import FROZEN, FakeDriver, black_image, dark_room_image, random_image
from tests.edge.cameras.fault_log import FaultLog
from tests.edge.waiting import wait_until

REPORTED_WITHIN_S = 5.0
SHORT = CameraTimeouts(fault_after_s=1.0, abandon_after_s=1.5, retry_s=0.1, recovered_after_s=0.2)

Watch = Callable[[Camera], list[Frame]]


def fake_camera(driver: FakeDriver, faults: FaultLog, timeouts: CameraTimeouts = SHORT) -> LiveCamera:
    return LiveCamera(
        "fake", driver.open, CameraConfig(), reconnect=True, report_fault=faults.report, timeouts=timeouts
    )


def test_black_images_are_reported_in_time_and_become_no_frames(
    watch: Watch, faults: FaultLog, caplog: pytest.LogCaptureFixture
) -> None:
    driver = FakeDriver()
    frames = watch(fake_camera(driver, faults, CameraTimeouts()))
    wait_until(lambda: len(frames) > 3, "frames")
    driver.make_image = black_image
    darkened = time.monotonic()
    assert faults.wait_for("nothing but black") - darkened < REPORTED_WITHIN_S
    before = len(frames)
    time.sleep(0.2)
    assert len(frames) <= before + 1
    driver.make_image = random_image
    faults.wait_for(None)
    assert driver.opened == 1
    assert [record.getMessage().rpartition(" ")[2] for record in caplog.records] == ["back", "back"]


def test_dark_room_is_not_black(watch: Watch, faults: FaultLog) -> None:
    frames = watch(fake_camera(FakeDriver(dark_room_image), faults))
    wait_until(lambda: len(frames) > 0 and frames[-1].time > SHORT.fault_after_s + 0.5, "frames")
    assert faults.changes == []


def test_frozen_images_are_reported_and_the_first_that_moves_is_a_frame_again(watch: Watch, faults: FaultLog) -> None:
    driver = FakeDriver(lambda: FROZEN)
    frames = watch(fake_camera(driver, faults))
    faults.wait_for("is frozen")
    before = len(frames)
    driver.make_image = random_image
    wait_until(lambda: len(frames) > before, "a frame")
    faults.wait_for(None)
    assert driver.opened == 1


def test_frozen_image_that_an_encoder_keeps_refining_is_reported(watch: Watch, faults: FaultLog) -> None:
    refined = cycle([FROZEN + number for number in (0, 9, 16, 20, 21, 21)])
    watch(fake_camera(FakeDriver(lambda: next(refined)), faults))
    faults.wait_for("is frozen")


def test_looping_clip_is_no_fault(watch: Watch, faults: FaultLog) -> None:
    clip = cycle([random_image() for _ in range(5)])
    frames = watch(fake_camera(FakeDriver(lambda: next(clip)), faults))
    wait_until(lambda: len(frames) > 0 and frames[-1].time > SHORT.fault_after_s + 0.5, "frames")
    assert faults.changes == []


def test_occasional_repeated_or_black_image_is_no_fault(watch: Watch, faults: FaultLog) -> None:
    images = cycle([random_image(), black_image(), FROZEN, FROZEN])
    frames = watch(fake_camera(FakeDriver(lambda: next(images)), faults))
    wait_until(lambda: len(frames) > 0 and frames[-1].time > SHORT.fault_after_s + 0.5, "frames")
    assert faults.changes == []
