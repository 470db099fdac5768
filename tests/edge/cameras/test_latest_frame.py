"""The reader that hands out only the newest frame."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np
import pytest

from edge.cameras.camera import CameraFailed, CameraLost
from edge.cameras.latest_frame import LatestFrameCamera
from landmarkers.frame import Frame, Image
from tests.edge.waiting import PATIENCE_S, wait_until


def frame(time: float) -> Frame:
    return Frame(np.zeros((1, 1, 3), np.uint8), time)


class ScriptedCamera:
    """A camera that does what a test's generator does."""

    def __init__(self, script: Callable[[], Iterator[Frame]]) -> None:
        self._script = script
        self.stopped = threading.Event()

    def frames(self) -> Iterator[Frame]:
        return self._script()

    def stop(self) -> None:
        self.stopped.set()


def test_newest_frame_is_handed_out_and_older_ones_are_dropped() -> None:
    proceed, all_delivered = threading.Event(), threading.Event()

    def script() -> Iterator[Frame]:
        yield frame(0.0)
        proceed.wait(PATIENCE_S)
        for number in range(1, 10):
            yield frame(float(number))
        all_delivered.set()
        proceed.clear()
        proceed.wait(PATIENCE_S)

    camera = LatestFrameCamera(ScriptedCamera(script))
    frames = camera.frames()
    assert next(frames).time == 0.0
    proceed.set()
    assert all_delivered.wait(PATIENCE_S)
    assert next(frames).time == 9.0
    assert camera.dropped == 8
    proceed.set()
    assert list(frames) == []


def test_last_frame_of_a_camera_that_ended_is_still_handed_out() -> None:
    frames = list(LatestFrameCamera(ScriptedCamera(lambda: iter([frame(0.0), frame(1.0)]))).frames())
    assert frames[-1].time == 1.0


def test_loss_of_the_camera_is_raised_after_its_last_frame() -> None:
    def script() -> Iterator[Frame]:
        yield frame(0.0)
        raise CameraLost("the camera fell down")

    received: list[Frame] = []
    with pytest.raises(CameraLost, match="fell down"):
        received.extend(LatestFrameCamera(ScriptedCamera(script)).frames())
    assert [one.time for one in received] == [0.0]


def test_any_other_failure_of_the_camera_is_no_quiet_end(caplog: pytest.LogCaptureFixture) -> None:
    def script() -> Iterator[Frame]:
        yield frame(0.0)
        raise RuntimeError("the driver fails")

    with pytest.raises(CameraFailed, match="thread failed unexpectedly: RuntimeError: the driver fails"):
        list(LatestFrameCamera(ScriptedCamera(script)).frames())
    assert "Traceback" in caplog.text


def test_loss_of_the_camera_leaves_no_image_in_memory() -> None:
    images: list[weakref.ref[Image]] = []

    def script() -> Iterator[Frame]:
        newest = frame(0.0)
        images.append(weakref.ref(newest.image))
        yield newest
        raise CameraLost("the camera fell down")

    def lose() -> None:
        with suppress(CameraLost):
            list(LatestFrameCamera(ScriptedCamera(script)).frames())

    gc.disable()  # it would come too late on a device, where an image has megabytes
    try:
        lose()
        wait_until(lambda: images[0]() is None, "the end of the image")
    finally:
        gc.enable()


def test_stop_ends_the_frames_although_the_camera_hangs_in_a_read() -> None:
    hangs, released = threading.Event(), threading.Event()

    def script() -> Iterator[Frame]:
        yield frame(0.0)
        hangs.set()
        released.wait()

    source = ScriptedCamera(script)
    camera = LatestFrameCamera(source)
    consumer = threading.Thread(target=lambda: list(camera.frames()))
    consumer.start()
    try:
        assert hangs.wait(PATIENCE_S)
        camera.stop()
        camera.stop()
        assert source.stopped.is_set()
        consumer.join(PATIENCE_S)
        assert not consumer.is_alive()
    finally:
        released.set()
