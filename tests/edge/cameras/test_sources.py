"""Clips, replayed takes and the names of sources."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from edge.cameras.camera import Camera, CameraLost
from edge.cameras.recording import RecordingCamera
from edge.cameras.replay import TakeReplay
from edge.cameras.source import SourceOptions, SourceUnknown, open_camera, open_source
from landmarkers.frame import Frame
from landmarkers.layout import Part
from landmarkers.take import TAKE_SUFFIX, TakeDamaged
from tests.edge.clips import write_clip
from tests.edge.waiting import wait_until
from tests.synthetic_signer import Sign, even_times, take

NO_PARTS: frozenset[Part] = frozenset()
FAST = SourceOptions(fast=True)


def test_clip_delivers_all_its_frames_with_increasing_times(tmp_path: Path) -> None:
    frames = list(RecordingCamera(write_clip(tmp_path / "clip.mp4"), paced=False).frames())
    assert [frame.time for frame in frames] == pytest.approx(even_times(10, 0.9), abs=1e-3)
    assert frames[0].image.shape == (48, 64, 3)
    assert frames[0].image.mean() < frames[-1].image.mean()


def test_clip_at_its_own_pace_delivers_no_frame_early(tmp_path: Path) -> None:
    camera = RecordingCamera(write_clip(tmp_path / "clip.mp4"), paced=True)
    began = time.monotonic()
    assert all(time.monotonic() - began >= frame.time for frame in camera.frames())


def test_times_of_a_looping_clip_keep_increasing(tmp_path: Path) -> None:
    camera = RecordingCamera(write_clip(tmp_path / "clip.mp4"), paced=False, loop=True)
    times: list[float] = []
    for one in camera.frames():
        times.append(one.time)
        if len(times) == 25:
            camera.stop()
    assert len(times) == 25
    assert np.all(np.diff(times) > 0.0)
    assert times[10] - times[9] > times[1] - times[0]


def test_stopped_clip_ends_even_while_it_waits_for_the_time_of_a_frame(
    tmp_path: Path, watch: Callable[[Camera], list[Frame]]
) -> None:
    camera = RecordingCamera(write_clip(tmp_path / "slow.mp4", frames=3, rate=1.0), paced=True)
    frames = watch(camera)
    wait_until(lambda: len(frames) == 1, "the first frame")
    camera.stop()


def test_unreadable_clip_is_a_lost_camera(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4").read_bytes()
    for name, content in {"cut.mp4": whole[: len(whole) // 2], "text.mp4": b"no video", "empty.mp4": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CameraLost, match=name):
            list(RecordingCamera(tmp_path / name, paced=False).frames())


def test_single_take_is_replayed_as_recorded() -> None:
    recorded = take(even_times(30, 2.0), Sign(0.5, 1.5))
    replay = TakeReplay([recorded], paced=False)
    frames = list(replay.frames())
    assert [frame.time for frame in frames] == recorded.times.tolist()
    detected = np.stack([replay.detect(frame).points for frame in frames])
    np.testing.assert_array_equal(detected, recorded.points)
    assert replay.fingerprint == recorded.provenance.landmarker


def test_take_at_its_own_pace_delivers_no_frame_early() -> None:
    replay = TakeReplay([take(even_times(10, 0.5))], paced=True)
    began = time.monotonic()
    assert all(time.monotonic() - began >= frame.time for frame in replay.frames())


def test_nobody_is_in_view_between_several_takes() -> None:
    signs = [take([5.0 + time for time in even_times(10, 1.0)], Sign(5.0, 6.0)) for _ in range(2)]
    replay = TakeReplay(signs, paced=False)
    visible = [(frame.time, replay.detect(frame).is_visible(Part.POSE)) for frame in replay.frames()]
    times = [time for time, _ in visible]
    pause = [time for time, is_visible in visible if not is_visible and time < 2.0]
    assert np.all(np.diff(times) > 0.0)
    assert (times[0], sum(is_visible for _, is_visible in visible)) == (0.0, 22)
    assert pause[-1] - pause[0] > 0.7
    assert not visible[-1][1]


def test_stopped_replay_ends() -> None:
    replay = TakeReplay([take(even_times(10, 100.0))], paced=True)
    frames = replay.frames()
    next(frames)
    replay.stop()
    assert list(frames) == []


def test_unknown_source_is_named() -> None:
    with pytest.raises(SourceUnknown, match=r"there is no source nothing\.mp4; `ishara-edge run --help`"):
        open_source("nothing.mp4", NO_PARTS, "", FAST)


def test_clip_among_the_devices_is_a_clip() -> None:
    with TemporaryDirectory(dir="/dev/shm") as folder:
        clip = write_clip(Path(folder) / "12:30:05.mp4")
        assert len(list(open_camera(str(clip), FAST).frames())) == 10
        with pytest.raises(SourceUnknown, match="there is no source"):
            open_camera(f"{folder}/missing.mp4", FAST)


@pytest.mark.parametrize("source", ["a" * 300, "take:" + "a" * 300])
def test_path_that_no_file_can_have_is_refused(source: str) -> None:
    with pytest.raises(SourceUnknown, match="cannot be read: File name too long"):
        open_source(source, NO_PARTS, "", FAST)


@pytest.mark.parametrize("source", ["/dev/vid\udcff", "v4l2:\udcff", "v4l2:a\0b", "clip\0.mp4", "clip\udcff.mp4"])
def test_name_with_a_character_that_no_device_has_is_refused(source: str) -> None:
    with pytest.raises(SourceUnknown, match="there is no source"):
        open_camera(source, FAST)


def test_jump_in_the_times_of_a_take_passes_like_one_frame() -> None:
    times = [0.0, 0.1, 3600.0, 3600.1, 7200.0]
    replayed = [frame.time for frame in TakeReplay([take(times)], paced=False).frames()]
    assert replayed == pytest.approx([0.0, 0.1, 0.1 + 1 / 30, 0.2 + 1 / 30, 0.2 + 2 / 30])


def test_missing_take_is_named(tmp_path: Path) -> None:
    for source in (f"take:{tmp_path / 'missing.take.npz'}", f"take:{tmp_path}"):
        with pytest.raises(SourceUnknown, match=str(tmp_path)):
            open_source(source, NO_PARTS, "", FAST)


def test_damaged_take_is_named(tmp_path: Path) -> None:
    path = tmp_path / f"damaged{TAKE_SUFFIX}"
    take(even_times(10, 1.0)).save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TakeDamaged, match="damaged"):
        open_source(f"take:{path}", NO_PARTS, "", FAST)


def test_folder_of_takes_is_played_in_order_of_names(tmp_path: Path) -> None:
    take(even_times(10, 1.0), Sign(0.0, 1.0, x=0.8)).save(tmp_path / f"2{TAKE_SUFFIX}")
    take(even_times(10, 1.0), Sign(0.0, 1.0, x=0.2)).save(tmp_path / f"1{TAKE_SUFFIX}")
    source = open_source(f"take:{tmp_path}", NO_PARTS, "", FAST)
    hands = [source.landmarker.detect(frame).part(Part.RIGHT_HAND)[0, 0] for frame in source.camera.frames()]
    assert hands[0] == pytest.approx(0.2, abs=1e-3)
    assert hands[20] == pytest.approx(0.8, abs=1e-3)


def test_damaged_clip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "damaged.mp4"
    path.write_bytes(b"no video")
    source = open_source(str(path), frozenset({Part.POSE}), "", FAST)
    try:
        with pytest.raises(CameraLost, match=r"damaged\.mp4"):
            list(source.camera.frames())
    finally:
        source.landmarker.close()
