"""Finds the cameras of a machine; its video devices answer as drivers of the kernel do."""

import errno
import json
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.setup.camera_search import FOUND, search_cameras, video_devices
from edge.setup.state import CameraKind
from edge.setup.used_camera import mark_used
from models.subprocess_probe import run_python

BOARDS = Path(__file__).parents[1] / "boards"
CAPTURE, OUTPUT, META, STREAMING, HAS_OWN = 0x1, 0x2, 0x00800000, 0x04000000, 0x80000000


@dataclass(frozen=True)
class Driver:
    """A driver's answers to ioctl(2)."""

    card: bytes = b"HD Pro Webcam C920"
    name: bytes = b"uvcvideo"
    own: int = CAPTURE | STREAMING
    formats: int = 1
    is_busy: bool = False

    def answer(self, request: int) -> bytes:
        if request == 0x80685600:  # VIDIOC_QUERYCAP
            everything = CAPTURE | OUTPUT | META | STREAMING | HAS_OWN
            return struct.pack("16s32s32sIII12x", self.name, self.card, b"usb-1", 6 << 16, everything, self.own)
        if request == 0xC0405602 and self.formats:  # VIDIOC_ENUM_FMT
            return bytes(64)
        if request == 0xC0145608 and not self.is_busy:  # VIDIOC_REQBUFS
            return bytes(20)
        raise OSError(errno.EBUSY if request == 0xC0145608 else errno.EINVAL, "refused")


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    (tmp_path / "v4l" / "by-id").mkdir(parents=True)
    (tmp_path / "v4l" / "by-path").mkdir()
    return tmp_path


def plug_in(dev: Path, monkeypatch: pytest.MonkeyPatch, drivers: Mapping[str, Driver]) -> None:
    for name in drivers:
        (dev / name).touch()

    def ioctl(opened: int, request: int, content: bytes) -> bytes:
        name = Path(f"/proc/self/fd/{opened}").resolve().name
        answer = drivers[name].answer(request)
        assert len(answer) == len(content) == request >> 16 & 0x3FFF, "the kernel would write beyond the buffer"
        return answer

    monkeypatch.setattr("edge.setup.camera_search.fcntl.ioctl", ioctl)


def test_camera_has_the_name_of_its_maker_and_one_that_stays(dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(dev, monkeypatch, {"video0": Driver(), "video1": Driver(own=META | STREAMING)})
    link = dev / "v4l" / "by-id" / "usb-046d_HD_Pro_Webcam_C920-video-index0"
    link.symlink_to("../../video0")
    (dev / "v4l" / "by-id" / "usb-046d_HD_Pro_Webcam_C920-video-index1").symlink_to("../../video1")
    [camera] = video_devices(dev)
    assert (camera.source, camera.name, camera.kind) == (str(link), "HD Pro Webcam C920", CameraKind.USB)
    assert not camera.is_busy


def test_devices_that_capture_no_picture_are_left_out(dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drivers = {
        "video0": Driver(own=META | STREAMING),
        "video1": Driver(own=OUTPUT | STREAMING),
        "video2": Driver(own=CAPTURE | 0x8000 | STREAMING, name=b"bcm2835-codec"),
        "video3": Driver(name=b"unicam"),
        "video4": Driver(name=b"v4l2 loopback", formats=0),
        "video10": Driver(card=b"Second"),
        "video9": Driver(card=b"First"),
    }
    plug_in(dev, monkeypatch, drivers)
    assert [camera.name for camera in video_devices(dev)] == ["First", "Second"]


def test_two_equal_cameras_without_serial_number_have_a_name_each(dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(dev, monkeypatch, {"video0": Driver(), "video2": Driver()})
    (dev / "v4l" / "by-id" / "usb-046d_HD_Pro_Webcam_C920-video-index0").symlink_to("../../video2")
    for number, port in ((0, "1.1"), (2, "1.2")):
        (dev / "v4l" / "by-path" / f"usb-0:{port}-video-index0").symlink_to(f"../../video{number}")
    assert [Path(camera.source).parent.name for camera in video_devices(dev)] == ["by-path", "by-id"]


def test_camera_that_another_program_reads(dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(dev, monkeypatch, {"video0": Driver(is_busy=True)})
    [camera] = video_devices(dev)
    assert camera.is_busy
    [used] = mark_used((camera,), f"v4l2:{camera.source}")
    assert (used.is_used, used.is_busy) == (True, False)  # it is the daemon that reads it


def test_name_of_a_camera_is_one_line_of_visible_text(dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(dev, monkeypatch, {"video0": Driver(card=b"a\n\xe2\x80\xaeb\xff\x1b[31m"), "video1": Driver(card=b"\0")})
    first, second = video_devices(dev)
    assert first.name.isprintable()
    assert second.name == "video1"


def test_machine_without_cameras() -> None:
    result = run_python(["-m", "edge.setup", "cameras"])
    assert result.succeeded
    assert [camera for camera in FOUND.validate_json(result.text) if camera.kind is not CameraKind.USB] == []


def test_ribbon_camera_of_a_raspberry_pi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BOARDS)
    import picamera2

    usb = {"Model": "HD Pro Webcam", "Location": 2, "Rotation": 0, "Id": r"\_SB_.PCI0-1.1-1.0-usb-046d:082d", "Num": 1}
    picamera2.connected.append(usb)
    try:
        found = [camera for camera in search_cameras() if camera.kind is CameraKind.RIBBON]
    finally:
        picamera2.connected.remove(usb)
        del sys.modules["picamera2"]
    assert [(camera.source, camera.name) for camera in found] == [("picamera:0", "Camera Module 3 (imx708)")]
    assert mark_used(tuple(found), "picamera:0")[0].is_used
    assert json.loads(FOUND.dump_json(tuple(found)))[0]["kind"] == "ribbon"
