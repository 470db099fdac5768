"""Behaves as `Picamera2` of Raspberry Pi's picamera2 0.3.30 with one camera connected, an IMX708."""

from typing import Any

import numpy as np

opened: "list[Picamera2]" = []
"""The cameras opened so far, in order."""
connected: list[dict[str, Any]] = [
    {"Model": "imx708", "Location": 2, "Rotation": 180, "Id": "/base/i2c/imx708", "Num": 0}
]
silent: list[bool] = []
"""Not empty while the cable of the camera is loose."""

BLUE, GREEN, RED = 200, 100, 50


class Picamera2:
    sensor_resolution = (4608, 2592)
    is_open: bool

    def __init__(self, camera_num: int = 0) -> None:
        if any(camera.is_open for camera in opened):
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.is_open = True
        self.started = False
        self.configuration: dict[str, Any] = {}
        self.unreleased = 0
        opened.append(self)

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return list(connected)

    def create_video_configuration(
        self,
        main: dict[str, Any] | None = None,
        lores: dict[str, Any] | None = None,
        raw: dict[str, Any] | None = None,
        transform: object = None,
        colour_space: object = None,
        buffer_count: int = 6,
        controls: dict[str, Any] | None = None,
        display: str = "main",
        encode: str = "main",
        queue: bool = True,
    ) -> dict[str, Any]:
        for stream in (main, lores, raw):
            for key in stream or {}:
                if key not in ("format", "size"):
                    raise ValueError(f"Bad key {key!r}: valid stream configuration keys are ('format', 'size')")
        return {"main": main, "lores": lores, "raw": raw, "controls": controls, "buffer_count": buffer_count}

    def configure(self, camera_config: dict[str, Any]) -> None:
        if self.started:
            raise RuntimeError("Camera must be stopped before configuring")
        for stream in ("main", "raw"):
            size = camera_config[stream]["size"]
            if type(size) is not tuple or len(size) != 2:
                raise RuntimeError("size in stream should be (width, height)")
            if size[0] % 2 or size[1] % 2:
                raise RuntimeError("width and height should be even")
        if set(camera_config["controls"]) - {"FrameDurationLimits"}:
            raise RuntimeError("Control is not advertised by libcamera")
        self.configuration = camera_config

    def start(self) -> None:
        if not self.configuration:
            raise RuntimeError("Camera has not been configured")
        self.started = True

    def capture_request(self, wait: float | None = None, signal_function: object = None) -> "CompletedRequest":
        if not self.started:
            raise RuntimeError("Camera is not started")
        if silent or self.unreleased == self.configuration["buffer_count"]:
            raise TimeoutError
        self.unreleased += 1
        return CompletedRequest(self)

    def close(self) -> None:
        self.started = self.is_open = False


class CompletedRequest:
    def __init__(self, camera: Picamera2) -> None:
        self._camera = camera
        self._released = False

    def make_array(self, name: str) -> np.ndarray:
        if self._released or name != "main":
            raise RuntimeError(f"no stream {name}")
        stream = self._camera.configuration["main"]
        width, height = stream["size"]
        channels = {"RGB888": (BLUE, GREEN, RED), "BGR888": (RED, GREEN, BLUE)}[stream["format"]]
        return np.full((height, width, 3), channels, np.uint8)

    def release(self) -> None:
        if self._released:
            raise RuntimeError("released twice")
        self._released = True
        self._camera.unreleased -= 1
