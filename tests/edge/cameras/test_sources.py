import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.cameras.camera import Camera, CameraLost
from edge.cameras.newest import NewestFrame
from edge.cameras.recording import RecordingCamera
from edge.cameras.replay import TakeReplay
from edge.cameras.source import SourceUnknown, open_source
from landmarkers.frame import Frame
from landmarkers.layout import Part
from landmarkers.take import TAKE_SUFFIX, TakeDamaged
from tests.edge.clips import write_clip
from tests.edge.waiting import PATIENCE_S, wait_until
from tests.synthetic_signer import Sign, even_times, take

NO_PARTS: frozenset[Part] = frozenset()


def frame(time: float) -> Frame:
    return Frame(np.zeros((1, 1, 3), np.uint8), time)


class ScriptedCamera:
    """A camera that does what a test's generator does."""

    def __init__(self, script: Callable[[], Iterator[Frame]]) -> None:
        self._script = script
        self.stopped = threading.Event()

    def frames(self) -> Iterator[Frame]:
        return self._script()

    def stop(self) -> None:
        self.stopped.set()


def test_the_newest_frame_is_handed_out_and_older_ones_are_dropped() -> None:
    go_on, all_given = threading.Event(), threading.Event()

    def script() -> Iterator[Frame]:
        yield frame(0.0)
        go_on.wait(PATIENCE_S)
        for number in range(1, 10):
            yield frame(float(number))
        all_given.set()
        go_on.clear()
        go_on.wait(PATIENCE_S)

    newest = NewestFrame(ScriptedCamera(script))
    frames = newest.frames()
    assert next(frames).time == 0.0
    go_on.set()
    assert all_given.wait(PATIENCE_S)
    assert next(frames).time == 9.0
    assert newest.dropped == 8
    go_on.set()
    assert list(frames) == []


def test_the_newest_frame_of_a_camera_that_ended_is_still_handed_out() -> None:
    frames = list(NewestFrame(ScriptedCamera(lambda: iter([frame(0.0), frame(1.0)]))).frames())
    assert frames[-1].time == 1.0


def test_a_camera_that_is_lost_is_lost_through_the_newest_frame_too() -> None:
    def script() -> Iterator[Frame]:
        yield frame(0.0)
        raise CameraLost("the camera fell down")

    given: list[Frame] = []
    with pytest.raises(CameraLost, match="fell down"):
        given.extend(NewestFrame(ScriptedCamera(script)).frames())
    assert [one.time for one in given] == [0.0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_camera_that_fails_in_any_other_way_is_no_quiet_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def script() -> Iterator[Frame]:
        yield frame(0.0)
        raise RuntimeError("the driver fails")

    with pytest.raises(CameraLost, match="thread broke"):
        list(NewestFrame(ScriptedCamera(script)).frames())


def test_stopping_ends_the_newest_frame_though_the_camera_hangs_in_a_read() -> None:
    hangs, freed = threading.Event(), threading.Event()

    def script() -> Iterator[Frame]:
        yield frame(0.0)
        hangs.set()
        freed.wait()

    camera = ScriptedCamera(script)
    newest = NewestFrame(camera)
    consumer = threading.Thread(target=lambda: list(newest.frames()))
    consumer.start()
    try:
        assert hangs.wait(PATIENCE_S)
        newest.stop()
        newest.stop()
        consumer.join(PATIENCE_S)
        assert not consumer.is_alive()
        assert camera.stopped.is_set()
    finally:
        freed.set()


def test_a_clip_gives_all_its_frames_with_growing_times(tmp_path: Path) -> None:
    frames = list(RecordingCamera(write_clip(tmp_path / "clip.mp4"), paced=False).frames())
    assert [frame.time for frame in frames] == pytest.approx(even_times(10, 0.9), abs=1e-3)
    assert frames[0].image.shape == (48, 64, 3)
    assert frames[0].image.mean() < frames[-1].image.mean()


def test_a_clip_at_its_own_pace_gives_no_frame_before_its_time(tmp_path: Path) -> None:
    camera = RecordingCamera(write_clip(tmp_path / "clip.mp4"), paced=True)
    began = time.monotonic()
    assert all(time.monotonic() - began >= frame.time for frame in camera.frames())


def test_a_clip_played_again_goes_on_with_growing_times(tmp_path: Path) -> None:
    camera = RecordingCamera(write_clip(tmp_path / "clip.mp4"), paced=False, again=True)
    times: list[float] = []
    for one in camera.frames():
        times.append(one.time)
        if len(times) == 25:
            camera.stop()
    assert len(times) == 25
    assert np.all(np.diff(times) > 0.0)
    assert times[10] - times[9] > times[1] - times[0]


def test_a_stopped_clip_ends_even_while_it_waits_for_a_frames_time(
    tmp_path: Path, watch: Callable[[Camera], list[Frame]]
) -> None:
    camera = RecordingCamera(write_clip(tmp_path / "slow.mp4", frames=3, rate=1.0), paced=True)
    seen = watch(camera)
    wait_until(lambda: len(seen) == 1, "the first frame")
    camera.stop()


def test_a_clip_that_is_none_is_a_lost_camera(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4").read_bytes()
    for name, content in {"cut.mp4": whole[: len(whole) // 2], "text.mp4": b"no video", "empty.mp4": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CameraLost, match=name):
            list(RecordingCamera(tmp_path / name, paced=False).frames())


def test_one_take_is_replayed_as_it_was_recorded() -> None:
    recorded = take(even_times(30, 2.0), Sign(0.5, 1.5))
    replay = TakeReplay([recorded], paced=False)
    frames = list(replay.frames())
    assert [frame.time for frame in frames] == recorded.times.tolist()
    located = np.stack([replay.detect(frame).points for frame in frames])
    np.testing.assert_array_equal(located, recorded.points)
    assert replay.fingerprint == recorded.provenance.landmarker


def test_a_take_at_its_own_pace_gives_no_frame_before_its_time() -> None:
    replay = TakeReplay([take(even_times(10, 0.5))], paced=True)
    began = time.monotonic()
    assert all(time.monotonic() - began >= frame.time for frame in replay.frames())


def test_between_several_takes_nobody_is_seen_for_a_while() -> None:
    signs = [take([5.0 + time for time in even_times(10, 1.0)], Sign(5.0, 6.0)) for _ in range(2)]
    replay = TakeReplay(signs, paced=False)
    seen = [(frame.time, replay.detect(frame).is_visible(Part.POSE)) for frame in replay.frames()]
    times = [time for time, _ in seen]
    pause = [time for time, somebody in seen if not somebody and time < 2.0]
    assert np.all(np.diff(times) > 0.0)
    assert (times[0], sum(somebody for _, somebody in seen)) == (0.0, 22)
    assert pause[-1] - pause[0] > 0.7
    assert not seen[-1][1]


def test_a_stopped_replay_ends() -> None:
    replay = TakeReplay([take(even_times(10, 100.0))], paced=True)
    frames = replay.frames()
    next(frames)
    replay.stop()
    assert list(frames) == []


def test_a_source_that_is_nothing_is_named() -> None:
    with pytest.raises(SourceUnknown, match=r"there is no source nothing\.mp4; ishara-edge run --help"):
        open_source("nothing.mp4", NO_PARTS, "", fast=True, again=False)


def test_a_take_that_is_not_there_is_named(tmp_path: Path) -> None:
    for source in (f"take:{tmp_path / 'missing.take.npz'}", f"take:{tmp_path}"):
        with pytest.raises(SourceUnknown, match=str(tmp_path)):
            open_source(source, NO_PARTS, "", fast=True, again=False)


def test_a_damaged_take_is_named(tmp_path: Path) -> None:
    path = tmp_path / f"damaged{TAKE_SUFFIX}"
    take(even_times(10, 1.0)).save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TakeDamaged, match="damaged"):
        open_source(f"take:{path}", NO_PARTS, "", fast=True, again=False)


def test_a_folder_of_takes_is_played_in_the_order_of_names(tmp_path: Path) -> None:
    take(even_times(10, 1.0), Sign(0.0, 1.0, x=0.8)).save(tmp_path / f"2{TAKE_SUFFIX}")
    take(even_times(10, 1.0), Sign(0.0, 1.0, x=0.2)).save(tmp_path / f"1{TAKE_SUFFIX}")
    source = open_source(f"take:{tmp_path}", NO_PARTS, "", fast=True, again=False)
    hands = [source.landmarker.detect(frame).part(Part.RIGHT_HAND)[0, 0] for frame in source.camera.frames()]
    assert hands[0] == pytest.approx(0.2, abs=1e-3)
    assert hands[20] == pytest.approx(0.8, abs=1e-3)


def test_a_damaged_clip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "damaged.mp4"
    path.write_bytes(b"no video")
    source = open_source(str(path), frozenset({Part.POSE}), "", fast=True, again=False)
    try:
        with pytest.raises(CameraLost, match=r"damaged\.mp4"):
            list(source.camera.frames())
    finally:
        source.landmarker.close()
