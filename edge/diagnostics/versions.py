"""The versions of this program, its libraries and its system."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from landmarkers.processor import Machine, Processor, board_name

_LIBRARIES: Final = (
    "onnxruntime",
    "ai-edge-litert",
    "mediapipe",
    "numpy",
    "opencv-python-headless",
    "opencv-contrib-python",
    "paho-mqtt",
    "pillow",
    "pydantic",
    "fastapi",
    "uvicorn",
    "pygame-ce",
    "systemd-python",
)


def versions(machine: Machine) -> dict[str, str]:
    """Return the versions of what runs here, by name; a library that is not installed is left out."""
    found = {"ishara": version("ishara"), "python": platform.python_version(), "kernel": platform.release()}
    found["architecture"], found["processor"] = machine.architecture, Processor.of(machine).name
    if board := board_name(machine):
        found["board"] = board
    try:
        found["system"] = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        found["system"] = platform.system()
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
