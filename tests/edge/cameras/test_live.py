"""Live cameras that hang, disappear, go blind and come back."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle

import numpy as np
import pytest

from edge.cameras.camera import Camera, CameraLost
from edge.cameras.live import CameraTimeouts, LiveCamera
from edge.cameras.source import open_camera, redact_password
from edge.config import CameraConfig
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.frame import Frame
from tests.edge.clips import network_camera
from tests.edge.fake_device import FROZEN, Stage, black, living
from tests.edge.mosquitto import find_program
from tests.edge.ports import free_port
from tests.edge.waiting import wait_until

NOTICED_WITHIN_S = 5.0
BACK_WITHIN_S = 10.0
HASTY = CameraTimeouts(noticed_s=1.0, given_up_s=1.5, retry_s=0.1, back_s=0.2)
"""For fakes, which need no real camera's time."""

Watch = Callable[[Camera], list[Frame]]


class Told:
    """What was told of the camera, and when."""

    def __init__(self) -> None:
        self.status = DeviceStatus()
        self.history: list[tuple[float, str | None]] = []
        self.status.subscribe(lambda: self.history.append((time.monotonic(), self.trouble)))

    @property
    def trouble(self) -> str | None:
        return self.status.faults.get(Component.CAMERA)

    def wait_for(self, words: str | None) -> float:
        """Wait until the trouble has these words, or with None until there is none; returns when that came."""
        wait_until(lambda: self._is(words), f"“{words}”")
        return self.history[-1][0]

    def _is(self, words: str | None) -> bool:
        trouble = self.trouble
        return trouble is None if words is None else trouble is not None and words in trouble


@pytest.fixture
def told() -> Told:
    return Told()


def fake(stage: Stage, told: Told, patience: CameraTimeouts = HASTY, *, again: bool = True) -> LiveCamera:
    return LiveCamera("fake", stage.open, CameraConfig(), again=again, status=told.status, patience=patience)


def network(address: str, told: Told) -> Camera:
    return open_camera(address, fast=False, again=True, status=told.status)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_camera_that_is_not_there_is_lost() -> None:
    with pytest.raises(CameraLost, match="/dev/no-such-camera cannot be opened"):
        next(iter(open_camera("/dev/no-such-camera", fast=False, again=False).frames()))


def test_a_network_camera_gives_frames_until_it_is_lost() -> None:
    times: list[float] = []
    with network_camera(free_port(), seconds=1) as address, pytest.raises(CameraLost, match="gives no more pictures"):
        times.extend(frame.time for frame in open_camera(address, fast=False, again=False).frames())
    assert len(times) > 1
    assert np.all(np.diff(times) > 0.0)


def test_a_network_camera_that_is_killed_and_started_again_is_the_same_camera(
    watch: Watch, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    seen = watch(network(f"http://127.0.0.1:{port}/", told))
    told.wait_for("cannot be opened")
    with network_camera(port, seconds=60):
        told.wait_for(None)
        wait_until(lambda: len(seen) > 3, "frames")
    killed = time.monotonic()
    assert told.wait_for("cannot be opened") - killed < NOTICED_WITHIN_S
    with network_camera(port, seconds=60):
        returned, before = time.monotonic(), len(seen)
        assert told.wait_for(None) - returned < BACK_WITHIN_S
        wait_until(lambda: len(seen) > before + 3, "frames again")
        said = lines(caplog)
    assert [line.partition(f"http://127.0.0.1:{port}/ ")[2] for line in said] == [
        "cannot be opened; is it plugged in and free?; trying again until it is back",
        "is back",
        "gives no more pictures; trying again until it is back",
        "is back",
    ]
    assert np.all(np.diff([frame.time for frame in seen]) > 0.0)


@contextmanager
def stalling_camera(stalls: threading.Event) -> Iterator[str]:
    """A network camera that sends one picture after another and, once told to, no more, though it keeps the connection.

    Who connects anew gets pictures again.
    """
    picture = f"{find_program('ffmpeg')} -v error -f lavfi -i testsrc=size=64x48:rate=25:duration=2 -f mpjpeg -".split()
    stream = subprocess.run(picture, capture_output=True, check=True).stdout
    parts = [b"--ffmpeg" + part for part in stream.split(b"--ffmpeg")[1:-1]]
    kind = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=ffmpeg\r\n\r\n"
    over = threading.Event()

    def serve(client: socket.socket) -> None:
        began_stalled = stalls.is_set()
        with client:
            try:
                client.sendall(kind)
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


def test_a_network_camera_that_stops_sending_but_keeps_the_connection_is_taken_up_again(
    watch: Watch, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    stalls = threading.Event()
    with stalling_camera(stalls) as address:
        seen = watch(network(address, told))
        wait_until(lambda: len(seen) > 10, "frames")
        stalls.set()
        stalled, before = time.monotonic(), len(seen)
        assert told.wait_for("gives no more pictures") - stalled < NOTICED_WITHIN_S
        assert told.wait_for(None) - stalled < BACK_WITHIN_S
        wait_until(lambda: len(seen) > before + 10, "frames again")
        assert [line.rpartition(" ")[2] for line in lines(caplog)] == ["back", "back"]


def test_a_stream_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"rtsp://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(CameraLost, match="cannot be opened"):
            next(iter(open_camera(address, fast=False, again=False).frames()))


def test_black_pictures_are_noticed_in_time_and_are_no_frames(
    watch: Watch, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage()
    seen = watch(fake(stage, told, CameraTimeouts()))
    wait_until(lambda: len(seen) > 3, "frames")
    stage.show = black
    darkened = time.monotonic()
    assert told.wait_for("nothing but black") - darkened < NOTICED_WITHIN_S
    before = len(seen)
    time.sleep(0.2)
    assert len(seen) <= before + 1
    stage.show = living
    told.wait_for(None)
    assert stage.opened == 1
    assert [line.rpartition(" ")[2] for line in lines(caplog)] == ["back", "back"]


def test_frozen_pictures_are_noticed_and_the_first_that_moves_is_a_frame_again(watch: Watch, told: Told) -> None:
    stage = Stage(lambda: FROZEN)
    seen = watch(fake(stage, told))
    told.wait_for("is frozen")
    before = len(seen)
    stage.show = living
    wait_until(lambda: len(seen) > before, "a frame")
    told.wait_for(None)
    assert stage.opened == 1


def test_a_frozen_picture_that_an_encoder_draws_anew_again_and_again_is_noticed(watch: Watch, told: Told) -> None:
    drawn = cycle([FROZEN + number for number in (0, 9, 16, 20, 21, 21)])
    watch(fake(Stage(lambda: next(drawn)), told))
    told.wait_for("is frozen")


def test_a_clip_that_is_played_again_and_again_lives(watch: Watch, told: Told) -> None:
    clip = cycle([living() for _ in range(5)])
    seen = watch(fake(Stage(lambda: next(clip)), told))
    wait_until(lambda: len(seen) > 0 and seen[-1].time > HASTY.noticed_s + 0.5, "frames")
    assert told.history == []


def test_a_repeated_or_black_picture_now_and_then_is_no_trouble(watch: Watch, told: Told) -> None:
    pictures = cycle([living(), black(), FROZEN, FROZEN])
    seen = watch(fake(Stage(lambda: next(pictures)), told))
    wait_until(lambda: len(seen) > 0 and seen[-1].time > HASTY.noticed_s + 0.5, "frames")
    assert told.history == []


def test_a_camera_that_comes_back_blind_is_not_back(watch: Watch, told: Told, caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    seen = watch(fake(stage, told))
    wait_until(lambda: len(seen) > 3, "frames")
    stage.is_there = False
    told.wait_for("no more pictures")
    stage.show, stage.is_there = black, True
    told.wait_for("nothing but black")
    stage.show = living
    told.wait_for(None)
    assert [line.rpartition(" ")[2] for line in lines(caplog)] == ["back", "back"]
    assert stage.closed == stage.opened - 1


def test_a_read_that_hangs_is_left_behind_and_the_camera_opened_anew(watch: Watch, told: Told) -> None:
    stage = Stage()
    seen = watch(fake(stage, told))
    wait_until(lambda: len(seen) > 3, "frames")
    hanging = stage.goes_on
    hanging.clear()
    told.wait_for("gives no more pictures")
    before, stage.goes_on = len(seen), threading.Event()
    stage.goes_on.set()
    told.wait_for(None)
    assert len(seen) > before
    assert (stage.opened, stage.closed) == (2, 0)
    hanging.set()
    wait_until(lambda: stage.closed == 1, "the device of the read that returned at last")


def test_of_a_driver_that_always_hangs_only_so_many_threads_are_left_behind(watch: Watch, told: Told) -> None:
    stage = Stage()
    stage.goes_on.clear()
    try:
        watch(fake(stage, told))
        told.wait_for("hangs in its driver; unplug it")
        opened = stage.opened
        time.sleep(HASTY.retry_s * 5)
        assert stage.opened == opened
        assert sum(thread.name == "device" for thread in threading.enumerate()) == opened
    finally:
        stage.goes_on.set()
    told.wait_for(None)
    assert stage.closed == opened


def test_a_camera_that_hangs_and_is_not_to_be_tried_again_is_lost(told: Told) -> None:
    stage = Stage()
    stage.goes_on.clear()
    try:
        with pytest.raises(CameraLost, match="hangs"):
            list(fake(stage, told, again=False).frames())
    finally:
        stage.goes_on.set()


def test_a_stopped_camera_that_is_away_is_tried_no_more(watch: Watch, told: Told) -> None:
    stage = Stage()
    stage.is_there = False
    camera = fake(stage, told)
    watch(camera)
    told.wait_for("cannot be opened")
    camera.stop()


def test_of_frames_that_are_not_wanted_no_picture_is_made(watch: Watch, told: Told) -> None:
    stage, made = Stage(), []

    def show() -> np.ndarray:
        made.append(1)
        return living()

    stage.show = show
    wanted = iter([False] * 10 + [True] * 1000)
    camera = LiveCamera("fake", stage.open, CameraConfig(), again=True, wanted=lambda _: next(wanted))
    seen = watch(camera)
    wait_until(lambda: len(seen) > 3, "frames")
    camera.stop()
    assert seen[0].time > 0.0
    assert len(made) <= len(seen) + 2


def test_a_camera_of_which_no_picture_is_wanted_for_long_is_not_lost(watch: Watch, told: Told) -> None:
    stage = Stage()
    camera = LiveCamera(
        "fake",
        stage.open,
        CameraConfig(),
        again=True,
        wanted=lambda moment: moment > HASTY.given_up_s + 0.5,
        status=told.status,
        patience=HASTY,
    )
    seen = watch(camera)
    wait_until(lambda: len(seen) > 3, "frames")
    assert told.history == []
    assert stage.opened == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("rtsp://user:pass@word@camera.local:554/live", "rtsp://camera.local:554/live"),
        ("http://camera.local/live?at=@noon", "http://camera.local/live?at=@noon"),
        ("/dev/v4l/by-id/usb-camera@1", "/dev/v4l/by-id/usb-camera@1"),
    ],
)
def test_the_password_of_a_network_camera_is_never_shown(name: str, shown: str) -> None:
    assert redact_password(name) == shown


def test_the_password_of_a_network_camera_that_is_away_is_not_told(
    watch: Watch, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    watch(network(f"http://user:secret@127.0.0.1:{free_port()}/", told))
    told.wait_for("cannot be opened")
    assert "secret" not in caplog.text + str(told.history)
