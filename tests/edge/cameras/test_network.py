"""Network cameras that are lost, stall and come back."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from edge.cameras.camera import Camera, CameraLost
from edge.cameras.source import SourceOptions, open_camera
from landmarkers.frame import Frame
from tests.edge.cameras.fault_log import FaultLog
from tests.edge.clips import network_camera
from tests.edge.mosquitto import find_program
from tests.edge.ports import free_port
from tests.edge.waiting import wait_until

REPORTED_WITHIN_S = 5.0
BACK_WITHIN_S = 10.0

Watch = Callable[[Camera], list[Frame]]


def open_endless(address: str, faults: FaultLog) -> Camera:
    return open_camera(address, SourceOptions(endless=True, report_fault=faults.report))


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_absent_camera_is_lost() -> None:
    with pytest.raises(CameraLost, match="/dev/no-such-camera cannot be opened"):
        next(iter(open_camera("/dev/no-such-camera", SourceOptions()).frames()))


def test_network_camera_delivers_frames_until_it_is_lost() -> None:
    times: list[float] = []
    with network_camera(free_port(), seconds=1) as address, pytest.raises(CameraLost, match="delivers no more images"):
        times.extend(frame.time for frame in open_camera(address, SourceOptions()).frames())
    assert len(times) > 1
    assert np.all(np.diff(times) > 0.0)


def test_network_camera_that_is_restarted_continues_the_same_stream(
    watch: Watch, faults: FaultLog, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    frames = watch(open_endless(f"http://127.0.0.1:{port}/", faults))
    faults.wait_for("refuses the connection")
    with network_camera(port, seconds=60):
        faults.wait_for(None)
        wait_until(lambda: len(frames) > 3, "frames")
    killed = time.monotonic()
    assert faults.wait_for("refuses the connection") - killed < REPORTED_WITHIN_S
    with network_camera(port, seconds=60):
        returned, before = time.monotonic(), len(frames)
        assert faults.wait_for(None) - returned < BACK_WITHIN_S
        wait_until(lambda: len(frames) > before + 3, "frames again")
        logged = messages(caplog)
    assert [line.partition(f"http://127.0.0.1:{port} ")[2] for line in logged] == [
        f"refuses the connection; check that it is switched on, and that {port} is its port; retrying until it is back",
        "is back",
        "delivers no more images; retrying until it is back",
        "is back",
    ]
    assert np.all(np.diff([frame.time for frame in frames]) > 0.0)


@contextmanager
def stalling_camera(stalls: threading.Event) -> Iterator[str]:
    """Serve images until the event is set, then none, though the connection stays; new connections get images again."""
    command = f"{find_program('ffmpeg')} -v error -f lavfi -i testsrc=size=64x48:rate=25:duration=2 -f mpjpeg -".split()
    stream = subprocess.run(command, capture_output=True, check=True).stdout
    parts = [b"--ffmpeg" + part for part in stream.split(b"--ffmpeg")[1:-1]]
    header = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=ffmpeg\r\n\r\n"
    over = threading.Event()

    def serve(client: socket.socket) -> None:
        began_stalled = stalls.is_set()
        with client:
            try:
                client.sendall(header)
                while not over.wait(0.04):
                    if began_stalled or not stalls.is_set():
                        parts.append(parts.pop(0))
                        client.sendall(parts[0])
            except OSError:
                return

    def accept() -> None:
        while not over.is_set():
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=[client], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        over.set()


def test_network_camera_that_stops_sending_but_keeps_the_connection_is_reconnected(
    watch: Watch, faults: FaultLog, caplog: pytest.LogCaptureFixture
) -> None:
    stalls = threading.Event()
    with stalling_camera(stalls) as address:
        frames = watch(open_endless(address, faults))
        wait_until(lambda: len(frames) > 10, "frames")
        stalls.set()
        stalled, before = time.monotonic(), len(frames)
        assert faults.wait_for("delivers no more images") - stalled < REPORTED_WITHIN_S
        assert faults.wait_for(None) - stalled < BACK_WITHIN_S
        wait_until(lambda: len(frames) > before + 10, "frames again")
        assert [line.rpartition(" ")[2] for line in messages(caplog)] == ["back", "back"]


def test_stream_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"rtsp://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(CameraLost, match="does not answer"):
            next(iter(open_camera(address, SourceOptions()).frames()))
