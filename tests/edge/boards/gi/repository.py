"""Behaves as GStreamer 1.20 with a pipeline of Jetson's camera into an appsink, one camera connected."""

import re
from enum import Enum, Flag, auto
from types import SimpleNamespace
from typing import Any

import numpy as np

BLUE, GREEN, RED = 200, 100, 50
PADDING = 12  # bytes after each row

elements = {"nvarguscamerasrc", "nvvidconv", "appsink"}
launched: "list[_Pipeline]" = []
silent: list[bool] = []
"""Not empty while the camera delivers nothing and the pipeline reports an error."""


class GLib:
    class Error(Exception):
        def __init__(self, message: str) -> None:
            super().__init__(message)
            self.message = message


class _Message:
    def parse_error(self) -> tuple[GLib.Error, str]:
        return GLib.Error("Argus: timeout"), "details"


class _Bus:
    def timed_pop_filtered(self, timeout: int, types: object) -> _Message | None:
        assert types is Gst.MessageType.ERROR
        return _Message() if silent else None


class _Buffer:
    def __init__(self, width: int, height: int) -> None:
        self._rows = np.zeros((height, width * 4 + PADDING), np.uint8)
        self._rows[:, : width * 4] = [BLUE, GREEN, RED, 0] * width
        self.mapped = 0

    def map(self, flags: object) -> tuple[bool, SimpleNamespace]:
        assert flags is Gst.MapFlags.READ
        self.mapped += 1
        return True, SimpleNamespace(data=self._rows.tobytes())

    def unmap(self, info: SimpleNamespace) -> None:
        self.mapped -= 1


class _Sample:
    def __init__(self, width: int, height: int) -> None:
        self._size = {"width": width, "height": height, "format": "BGRx"}
        self.buffer = _Buffer(width, height)

    def get_caps(self) -> SimpleNamespace:
        return SimpleNamespace(get_structure=lambda _: SimpleNamespace(get_value=self._size.get))

    def get_buffer(self) -> _Buffer:
        return self.buffer


class _Sink:
    def __init__(self, pipeline: "_Pipeline") -> None:
        self._pipeline = pipeline
        self.samples: list[_Sample] = []

    def emit(self, signal: str, timeout_ns: int) -> _Sample | None:
        if type(timeout_ns) is not int:
            raise TypeError("could not convert argument to correct param type")
        assert signal == "try-pull-sample"
        if silent or self._pipeline.state is not Gst.State.PLAYING:
            return None
        width, height = (int(size) for size in re.findall(r"BGRx|width=(\d+),height=(\d+)", self._pipeline.text)[-2])
        self.samples.append(_Sample(width, height))
        return self.samples[-1]


class _Pipeline:
    def __init__(self, text: str) -> None:
        self.text = text
        self.state = Gst.State.NULL
        self.sink = _Sink(self)

    def get_by_name(self, name: str) -> _Sink | None:
        return self.sink if f"appsink name={name} " in self.text else None

    def set_state(self, state: "Gst.State") -> "Gst.StateChangeReturn":
        playing = [other for other in launched if other is not self and other.state is Gst.State.PLAYING]
        if state is Gst.State.PLAYING and playing:
            return Gst.StateChangeReturn.FAILURE
        self.state = state
        return Gst.StateChangeReturn.ASYNC

    def get_bus(self) -> _Bus:
        return _Bus()


class Gst:
    SECOND = 1_000_000_000

    class State(Enum):
        NULL = auto()
        PLAYING = auto()

    class StateChangeReturn(Enum):
        FAILURE = auto()
        ASYNC = auto()

    class MapFlags(Flag):
        READ = auto()

    class MessageType(Flag):
        ERROR = auto()

    @staticmethod
    def init(arguments: object) -> None: ...

    class ElementFactory:
        @staticmethod
        def find(name: str) -> Any:
            return name if name in elements else None

    @staticmethod
    def parse_launch(text: str) -> _Pipeline:
        for part in text.split(" ! "):
            name = part.split()[0]
            if not name.startswith("video/x-raw") and name not in elements:
                raise GLib.Error(f'no element "{name}"')
        launched.append(_Pipeline(text))
        return launched[-1]
