"""Searches this machine for cameras: the kernel's video devices, and those on ribbon cables.

Cameras of the network are not searched. Structures and numbers: https://docs.kernel.org/userspace-api/media/v4l/.
"""

import errno
import fcntl
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from edge.cameras.csi import require_gstreamer
from edge.cameras.picamera import require_picamera2
from edge.libraries import LibraryMissing
from edge.setup.state import CameraKind, FoundCamera
from landmarkers.numbers import is_number
from landmarkers.plain_text import one_line

FOUND: Final = TypeAdapter(tuple[FoundCamera, ...])

_DEV: Final = Path("/dev")
_MAX_NAME: Final = 60
_QUERYCAP: Final = 0x80685600
_ENUM_FMT: Final = 0xC0405602
_REQBUFS: Final = 0xC0145608
_CAPABILITY: Final = struct.Struct("16s32s32sIII12x")  # driver, card, bus, version, capabilities, those of this device
_FORMAT: Final = struct.Struct("III32sI16x")
_BUFFERS: Final = struct.Struct("IIIIB3x")
_VIDEO_CAPTURE: Final = 0x1
_VIDEO_OUTPUTS: Final = 0x2 | 0x2000 | 0x4000 | 0x8000  # output, its planar form, and both of memory to memory
_STREAMING: Final = 0x04000000
_DEVICE_CAPS: Final = 0x80000000
_CAPTURE: Final = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
_MMAP: Final = 1  # V4L2_MEMORY_MMAP
_JETSON: Final = "tegra-video"
_RAW_DRIVERS: Final = ("unicam", "rp1-cfe", "bcm2835-isp", "pispbe", "bcm2835-codec", "rpi-hevc-dec", _JETSON)
"""Drivers whose devices deliver what a sensor sees, which libcamera or NVIDIA's library makes pictures of."""

_SENSORS: Final = {
    "ov5647": "Camera Module 1",
    "imx219": "Camera Module 2",
    "imx708": "Camera Module 3",
    "imx477": "High Quality Camera",
    "imx296": "Global Shutter Camera",
    "imx500": "AI Camera",
}


def search_cameras() -> tuple[FoundCamera, ...]:
    """Return the cameras of this machine; none is in use by the daemon as far as this knows."""
    return (*_ribbon_cameras(), *_jetson_cameras(_DEV), *video_devices(_DEV))


def video_devices(dev: Path) -> tuple[FoundCamera, ...]:
    """Return the video devices that capture pictures which OpenCV can read."""
    names = _steady_names(dev)
    found = []
    for path in sorted(dev.glob("video*"), key=_device_number):
        device = _query(path)
        if device is None or not device.captures:
            continue
        source = names.get(os.path.realpath(path), str(path))
        found.append(FoundCamera(source=source, name=device.card, kind=CameraKind.USB, is_busy=device.is_busy))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _VideoDevice:
    driver: str
    card: str
    captures: bool
    is_busy: bool


def _query(path: Path) -> _VideoDevice | None:
    """Return what a video device says about itself, None if it cannot be asked."""
    try:
        opened = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        # A device that one program alone may open at a time.
        return _VideoDevice("", path.name, captures=True, is_busy=True) if error.errno == errno.EBUSY else None
    try:
        content = fcntl.ioctl(opened, _QUERYCAP, bytes(_CAPABILITY.size))
        driver, card, _bus, _version, all_capabilities, own = _CAPABILITY.unpack(content)
        capabilities = own if all_capabilities & _DEVICE_CAPS else all_capabilities
        name = driver.partition(b"\0")[0].decode(errors="replace")
        captures = (
            bool(capabilities & _VIDEO_CAPTURE)
            and not capabilities & _VIDEO_OUTPUTS
            and name not in _RAW_DRIVERS
            and _has_format(opened)
        )
        label = one_line(card.partition(b"\0")[0].decode(errors="replace"), _MAX_NAME) or path.name
        return _VideoDevice(name, label, captures, captures and _is_busy(opened, capabilities))
    except OSError:
        return None
    finally:
        os.close(opened)


def _has_format(opened: int) -> bool:
    """Return True if a device has a format of pictures; a loopback device into which nobody writes has none."""
    try:
        fcntl.ioctl(opened, _ENUM_FMT, _FORMAT.pack(0, _CAPTURE, 0, b"", 0))
    except OSError as error:
        return error.errno not in (errno.EINVAL, errno.ENOTTY)
    return True


def _is_busy(opened: int, capabilities: int) -> bool:
    """Return True if another program has the buffers; asking for none takes them from nobody."""
    if not capabilities & _STREAMING:
        return False
    try:
        fcntl.ioctl(opened, _REQBUFS, _BUFFERS.pack(0, _CAPTURE, _MMAP, 0, 0))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def _steady_names(dev: Path) -> dict[str, str]:
    """Return the names by which devices are found after they were plugged in again, by what they are now."""
    names: dict[str, str] = {}
    for folder in ("by-path", "by-id"):  # two cameras without serial numbers share the latter
        for link in sorted((dev / "v4l" / folder).glob("*")):
            names[os.path.realpath(link)] = str(link)
    return names


def _device_number(path: Path) -> int:
    digits = path.name.removeprefix("video")
    return int(digits) if is_number(digits) else 1 << 16


def _ribbon_cameras() -> tuple[FoundCamera, ...]:
    """Return the cameras that libcamera knows, without those of USB, which OpenCV reads."""
    try:
        require_picamera2()
    except LibraryMissing:
        return ()
    from picamera2 import Picamera2

    found = []
    with suppress(RuntimeError):
        for camera in Picamera2.global_camera_info():
            if "usb" not in str(camera.get("Id", "")).lower():
                number, model = int(camera["Num"]), str(camera.get("Model", ""))
                title = _SENSORS.get(model.partition("_")[0], "Raspberry Pi camera")
                name = one_line(f"{title} ({model})" if model else title, _MAX_NAME)
                found.append(FoundCamera(source=f"picamera:{number}", name=name, kind=CameraKind.RIBBON))
    return tuple(found)


def _jetson_cameras(dev: Path) -> tuple[FoundCamera, ...]:
    """Return the sensors on a Jetson's ribbon cables, if GStreamer can read them."""
    devices = [device for path in dev.glob("video*") if (device := _query(path)) is not None]
    sensors = [device for device in devices if device.driver == _JETSON]
    if not sensors:
        return ()
    try:
        require_gstreamer()
    except LibraryMissing:
        return ()
    return tuple(
        FoundCamera(source=f"csi:{number}", name=device.card, kind=CameraKind.CSI)
        for number, device in enumerate(sensors)
    )
