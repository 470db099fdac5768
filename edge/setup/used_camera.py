"""Tells which of the cameras that were found the daemon reads now."""

import os

from edge.setup.state import FoundCamera
from landmarkers.numbers import is_number


def mark_used(cameras: tuple[FoundCamera, ...], source: str) -> tuple[FoundCamera, ...]:
    """Return the cameras, that of the source marked as used; the daemon itself keeps it busy."""
    used = _device_of(source)
    return tuple(
        camera.model_copy(update={"is_used": True, "is_busy": False}) if _device_of(camera.source) == used else camera
        for camera in cameras
    )


def _device_of(source: str) -> str:
    """Return one name of a device for all of its names."""
    device = source.removeprefix("v4l2:")
    device = f"/dev/video{device}" if is_number(device) else device
    return os.path.realpath(device) if device.startswith("/") else source
