"""Live cameras some of whose images cannot be decoded, slow ones, and streams whose pixels are not square."""

import subprocess
import time
from collections.abc import Callable
from itertools import count

import cv2
import numpy as np
import pytest

from edge.cameras.camera import Camera, CameraLost
from edge.cameras.device import Pixels
from edge.cameras.fault_monitor import CameraTimeouts
from edge.cameras.live import LiveCamera
from edge.cameras.source import SourceOptions, open_camera
from edge.config import CameraConfig
from landmarkers.frame import Frame
from tests.edge.cameras.fake_device import FakeDriver, random_image
from tests.edge.cameras.fault_log import FaultLog
from tests.edge.cameras.scripted_server import scripted_server
from tests.edge.clips import network_camera
from tests.edge.mosquitto import find_program
from tests.edge.ports import free_port, is_listening
from tests.edge.waiting import wait_until

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=part\r\n\r\n"
PARTS = 60

Watch = Callable[[Camera], list[Frame]]
MakePart = Callable[[int, Pixels], bytes]


def jpeg(pixels: Pixels) -> bytes:
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def stream(make_part: MakePart, images: int = PARTS) -> bytes:
    """Return an answer with images as parts; `make_part` encodes them."""
    answer = HEAD
    for number in range(images):
        content = make_part(number, cv2.resize(random_image(), (96, 64), interpolation=cv2.INTER_NEAREST))
        answer += b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(content), content)
    return answer


def garbage(number: int, pixels: Pixels) -> bytes:
    return bytes(4000) if number % 10 == 5 else jpeg(pixels)


def empty(number: int, pixels: Pixels) -> bytes:
    return b"" if number % 10 == 5 else jpeg(pixels)


def half(number: int, pixels: Pixels) -> bytes:
    content = jpeg(pixels)
    return content[: len(content) // 3] if number % 10 == 5 else content


def grey(number: int, pixels: Pixels) -> bytes:
    return jpeg(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if number > PARTS // 2 else pixels)


def another_size(number: int, pixels: Pixels) -> bytes:
    return jpeg(cv2.resize(pixels, (192, 128)) if number > PARTS // 2 else pixels)


@pytest.mark.parametrize("make_part", [garbage, empty, half, grey, another_size])
def test_network_camera_with_some_odd_images_is_read_to_its_end_in_one_opening(make_part: MakePart) -> None:
    arrived: list[float] = []

    def observe(time: float) -> bool:
        arrived.append(time)
        return True

    with scripted_server(lambda _: stream(make_part)) as server:
        options = SourceOptions(should_process=observe)
        with pytest.raises(CameraLost, match="delivers no more images"):
            list(open_camera(f"http://127.0.0.1:{server.port}/", options).frames())
        assert server.connections == 1
    assert len(arrived) >= PARTS * 9 // 10 - 1


def replace_capture(monkeypatch: pytest.MonkeyPatch, decode: Callable[[int], Pixels | None]) -> list[str]:
    """Put a V4L2 camera in OpenCV's place whose images are decoded as a test says; return the names opened."""
    opened: list[str] = []
    numbers = count()

    class Capture:
        def __init__(self, name: str, _backend: int) -> None:
            opened.append(name)

        def isOpened(self) -> bool:  # noqa: N802
            return True

        def set(self, _property: int, _value: float) -> bool:
            return True

        def grab(self) -> bool:
            time.sleep(0.005)
            return True

        def retrieve(self) -> tuple[bool, Pixels | None]:
            pixels = decode(next(numbers))
            return pixels is not None, pixels

        def release(self) -> None:
            pass

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    return opened


def test_usb_camera_with_some_odd_images_is_neither_lost_nor_opened_again(
    watch: Watch, faults: FaultLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = {7: None, 8: np.zeros((0, 0, 3), np.uint8), 9: random_image()[..., 0], 10: np.hstack([random_image()] * 2)}
    opened = replace_capture(monkeypatch, lambda number: odd.get(number % 20, random_image()))
    camera = open_camera("/dev/video0", SourceOptions(endless=True, report_fault=faults.report))
    frames = watch(camera)
    wait_until(lambda: len(frames) > 200, "frames")
    camera.stop()
    assert faults.changes == []
    assert opened == ["/dev/video0"]
    assert {frame.image.shape for frame in frames} == {(48, 64, 3), (48, 128, 3)}


def test_camera_whose_images_can_never_be_decoded_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_capture(monkeypatch, lambda _: None)
    with pytest.raises(CameraLost, match="delivers images that cannot be decoded"):
        list(open_camera("/dev/video0", SourceOptions()).frames())


@pytest.mark.parametrize("rate", [5, 2])
def test_slow_network_camera_is_never_lost(rate: int, watch: Watch, faults: FaultLog) -> None:
    with network_camera(free_port(), seconds=60, rate=rate) as address:
        frames = watch(open_camera(address, SourceOptions(endless=True, report_fault=faults.report)))
        began = time.monotonic()
        wait_until(lambda: len(frames) > 2, "frames")
        assert time.monotonic() - began < CameraTimeouts().fault_after_s
        assert [fault for _, fault in faults.changes if fault is not None] == []


def test_camera_that_is_slow_to_start_is_not_lost(watch: Watch, faults: FaultLog) -> None:
    timeouts = CameraTimeouts(fault_after_s=0.2, abandon_after_s=5.0)
    driver = FakeDriver()
    driver.interval_s = 0.6
    camera = LiveCamera(
        "fake", driver.open, CameraConfig(), reconnect=True, report_fault=faults.report, timeouts=timeouts
    )
    frames = watch(camera)
    wait_until(lambda: len(frames) == 1, "a frame")
    assert faults.changes == []
    faults.wait_for("delivers no more images")


@pytest.mark.parametrize(("aspect", "shape"), [(None, (48, 96, 3)), (1.0, (48, 64, 3)), (0.5, (96, 64, 3))])
def test_image_of_a_stream_has_square_pixels(aspect: float | None, shape: tuple[int, ...]) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    source = "testsrc=size=64x48:rate=25,setsar=3/2"
    command = [find_program("ffmpeg"), "-v", "error", "-re", "-f", "lavfi", "-i", source]
    sender = subprocess.Popen([*command, "-c:v", "libx264", "-g", "10", "-f", "mpegts", "-listen", "1", address])
    try:
        wait_until(lambda: is_listening(port), "FFmpeg")
        camera = open_camera(address, SourceOptions(camera=CameraConfig(pixel_aspect=aspect)))
        frames = camera.frames()
        assert next(frames).image.shape == shape
        camera.stop()
        assert list(frames) == []
    finally:
        sender.kill()
        sender.wait()
