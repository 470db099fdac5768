"""No program reaches an address that is not configured, or writes outside the folders that the documentation names."""

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from landmarkers.task_bundles import FOLDER_VARIABLE
from tests.edge.clips import write_clip
from tests.edge.daemon import mqtt_settings
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port, is_listening
from tests.edge.sinks.captions.xvfb import Xvfb
from tests.edge.sinks.web.visitor_server import grey, receive, visit
from tests.edge.waiting import PATIENCE_S, wait_until
from tests.system_calls import SystemCalls, traced

ROOMS = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["tool"]["importlinter"][
    "root_packages"
]
NAME_SERVICE = '"/var/run/nscd/socket"'
ANY_ADDRESS = "0.0.0.0:0"
MEDIAPIPE = """
import time
import numpy as np
from landmarkers.frame import Frame
from landmarkers.layout import Part
from landmarkers.mediapipe_tasks import MediaPipeLandmarker

with MediaPipeLandmarker(frozenset({Part.LEFT_HAND})) as landmarker:
    for number in range(3):
        landmarker.detect(Frame(np.full((64, 64, 3), 127, np.uint8), number / 10))
    time.sleep(2)  # its first report came after one
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a user with folders of their own, who never heard of telemetry."""
    folders = {"HOME": tmp_path / "home", "TMPDIR": tmp_path / "tmp", "XDG_RUNTIME_DIR": tmp_path / "run"}
    for folder in folders.values():
        folder.mkdir(mode=0o700)
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", FOLDER_VARIABLE) if name in os.environ}
    return kept | {"LANG": "C.UTF-8"} | {name: str(folder) for name, folder in folders.items()}


def trace(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> SystemCalls:
    """Run this Python to its end."""
    command = [*traced(folder / "log"), sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return SystemCalls.read(folder / "log", folder)


@pytest.mark.parametrize("room", ROOMS)
def test_whoever_imports_a_room_has_disabled_the_telemetry_of_onnx_runtime(room: str) -> None:
    code = f"import os, {room}; print(os.environ.get('ORT_DISABLE_TELEMETRY'))"
    without = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=without, check=True)
    assert done.stdout == "1\n"


def test_mediapipe_reports_nothing_to_its_maker(environment: dict[str, str], tmp_path: Path) -> None:
    calls = trace(["-c", MEDIAPIPE], tmp_path, environment)
    assert calls.reached == set()
    home = Path(environment["HOME"])
    matplotlib = [home / ".cache", home / ".config"]
    assert calls.changed_outside(Path(environment["TMPDIR"]), *matplotlib) == set()


def test_installation_reaches_nothing_and_changes_only_the_store(
    camera_bundle: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    calls = trace(["-m", "edge", "models", "install", "--allow-labels", str(camera_bundle)], tmp_path, environment)
    assert calls.reached == set()
    assert calls.changed_outside(Path(environment["HOME"]) / ".local" / "state") == {
        Path(environment["HOME"]) / ".local"
    }


def test_daemon_reaches_what_is_configured_and_changes_only_its_state(
    broker: Mosquitto, listener: Listener, camera_bundle: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    web, metrics = free_port(), free_port()
    clip = write_clip(tmp_path / "clip.mp4")
    screen = Xvfb(tmp_path)
    state = tmp_path / "state"
    settings = {
        "ISHARA_WEB_PORT": str(web),
        "ISHARA_METRICS_PORT": str(metrics),
        "ISHARA_CAPTIONS_THEME": "dark",
        "DISPLAY": screen.display,
        "SDL_VIDEODRIVER": "x11",
        "STATE_DIRECTORY": str(state),
    }
    command = [sys.executable, "-m", "edge", "run", "--source", str(clip), "--model", str(camera_bundle)]
    daemon = subprocess.Popen(
        [*traced(tmp_path / "log"), *command],
        cwd=tmp_path,
        env=environment | mqtt_settings(broker.port) | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        listener.wait_for_status("online")
        wait_until(lambda: is_listening(web), "the live page")
        with visit(web) as socket:
            socket.send(b"\1" + grey())
            assert "landmarks" in receive(socket)
        httpx.get(f"http://127.0.0.1:{metrics}/metrics", trust_env=False)
        (traced_pid,) = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()
        os.kill(int(traced_pid), signal.SIGTERM)
        _, logged = daemon.communicate(timeout=PATIENCE_S)
    finally:
        daemon.kill()
        screen.kill()
    assert daemon.returncode == 0, logged
    calls = SystemCalls.read(tmp_path / "log", tmp_path)
    x_server = f'@"/tmp/.X11-unix/X{screen.display[1:]}"'
    # Everything configured is on this machine, and paho wakes its own thread through a connection there.
    assert {one for one in calls.reached if not one.startswith("127.0.0.1:")} <= {x_server, NAME_SERVICE, ANY_ADDRESS}
    assert f"127.0.0.1:{broker.port}" in calls.reached
    assert calls.changed_outside(state, Path(environment["TMPDIR"])) == set()
