"""Reads a Jetson's ribbon-cable camera through GStreamer's Python binding, imported only here and only on demand.

Names and behaviour: https://gstreamer.freedesktop.org/documentation/app/appsink.html and NVIDIA's "Accelerated
GStreamer" for `nvarguscamerasrc` and `nvvidconv`.
"""

from typing import Any, Final

import numpy as np

from edge.cameras.camera import CameraLost
from edge.cameras.device import Pixels
from edge.config import CameraConfig
from edge.libraries import LibraryMissing

_SIZE: Final = (1280, 720)
_FRAMES_PER_S: Final = 30
_TIMEOUT_S: Final = 4
_CHANNELS: Final = 4  # BGRx: of the layouts that nvvidconv writes, the one nearest to OpenCV's
_SOURCE: Final = "nvarguscamerasrc"


def require_gstreamer() -> None:
    """Import the library and check that it has Jetson's camera. Raises LibraryMissing."""
    try:
        import gi

        gi.require_version("Gst", "1.0")
        from gi.repository import Gst
    except (ImportError, ValueError) as error:
        raise LibraryMissing(
            f"a csi: source needs GStreamer's Python binding, which cannot be loaded here ({error}); on a Jetson: "
            "apt install python3-gi gir1.2-gstreamer-1.0, in a venv made with --system-site-packages"
        ) from error
    Gst.init(None)
    if Gst.ElementFactory.find(_SOURCE) is None:
        raise LibraryMissing(
            f"a csi: source needs {_SOURCE}, which GStreamer does not have here; on a Jetson: "
            "apt install nvidia-l4t-gstreamer gstreamer1.0-plugins-base; elsewhere use picamera: or /dev/video0"
        )


def describe_pipeline(number: int, config: CameraConfig) -> str:
    """Return the GStreamer pipeline that keeps the newest image of a camera in ordinary memory, as BGRx."""
    width, height = _SIZE if config.size_px is None else config.size_px
    size, rate = f"width={width},height={height}", f"framerate={config.frames_per_s or _FRAMES_PER_S}/1"
    return (
        f"{_SOURCE} sensor-id={number} ! video/x-raw(memory:NVMM),{size},{rate},format=NV12 ! "
        f"nvvidconv ! video/x-raw,{size},format=BGRx ! appsink name=images max-buffers=1 drop=true sync=false"
    )


class CsiCamera:
    """An open camera on the ribbon cable."""

    def __init__(self, number: int, config: CameraConfig) -> None:
        """Open camera `number`, counted from 0. Raises CameraLost."""
        from gi.repository import GLib, Gst

        self._gst: Any = Gst
        self._name = f"csi:{number}"
        self._sample: Any = None
        try:
            self._pipeline: Any = Gst.parse_launch(describe_pipeline(number, config))
        except GLib.Error as error:
            raise CameraLost(f"the camera {self._name} cannot be opened: {error.message}") from error
        self._sink: Any = self._pipeline.get_by_name("images")
        if self._pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE:
            reason = self._reason()
            self.close()
            raise CameraLost(
                f"the camera {self._name} cannot be opened{reason}; check its cable and that no other program uses it"
            )

    @property
    def pixel_aspect(self) -> float:
        """Return that of square pixels."""
        return 1.0

    def grab(self) -> bool:
        """Wait for the next image. Raises CameraLost."""
        # The signal, not the method of the same name: the method needs one more package (GstApp's typelib).
        self._sample = self._sink.emit("try-pull-sample", _TIMEOUT_S * self._gst.SECOND)
        if self._sample is None:
            raise CameraLost(f"the camera {self._name} delivers no more images{self._reason()}")
        return True

    def retrieve(self) -> Pixels | None:
        """Return a copy of the grabbed image, BGRx; None if it cannot be read."""
        structure = self._sample.get_caps().get_structure(0)
        width, height = structure.get_value("width"), structure.get_value("height")
        buffer = self._sample.get_buffer()
        mapped, memory = buffer.map(self._gst.MapFlags.READ)
        if not mapped:
            return None
        try:
            rows = np.frombuffer(memory.data, np.uint8).reshape(height, -1)  # a row may end in padding
            return rows[:, : width * _CHANNELS].reshape(height, width, _CHANNELS).copy()
        finally:
            buffer.unmap(memory)

    def close(self) -> None:
        """Release the camera."""
        self._pipeline.set_state(self._gst.State.NULL)

    def _reason(self) -> str:
        """Return the pipeline's error message in brackets, or an empty string."""
        message = self._pipeline.get_bus().timed_pop_filtered(0, self._gst.MessageType.ERROR)
        return "" if message is None else f" ({message.parse_error()[0].message})"
