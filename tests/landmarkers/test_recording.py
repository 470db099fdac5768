from pathlib import Path

import cv2
import numpy as np
import pytest

from landmarkers.recording import RecordingUnreadable, read_recording
from tests.edge.clips import write_clip


def write_folder(folder: Path, numbers: list[int]) -> None:
    folder.mkdir()
    for number in numbers:
        cv2.imwrite(
            str(folder / f"03_01_0071_(20_11_16)_c_{number:04}.jpg"), np.full((48, 64, 3), number % 200, np.uint8)
        )


@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0])
def test_video_has_its_own_timestamps(tmp_path: Path, fps: float) -> None:
    write_clip(tmp_path / "a.mp4", frames=12, rate=fps)
    frames = list(read_recording(tmp_path / "a.mp4"))
    assert len(frames) == 12
    assert frames[0].image.shape == (48, 64, 3)
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(12) / fps, atol=2e-3)


def test_folder_has_times_from_image_numbers_not_positions(tmp_path: Path) -> None:
    write_folder(tmp_path / "clip", [2, 4, 8, 34])
    times = [frame.time for frame in read_recording(tmp_path / "clip")]
    np.testing.assert_allclose(times, np.array([0, 2, 6, 32]) / 30)


def test_images_are_rgb(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 2] = 255  # OpenCV writes BGR
    cv2.imwrite(str(tmp_path / "clip" / "a_0001.png"), red)
    frame = next(read_recording(tmp_path / "clip"))
    assert frame.image[0, 0].tolist() == [255, 0, 0]


def test_file_that_is_not_a_clip_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "none.mp4").touch()
    (tmp_path / "folder").mkdir()
    sentences = {
        "text.mp4": "cannot be read as video",
        "none.mp4": "is empty",
        "folder": "no numbered images",
        "missing.mp4": "",
    }
    for name, reason in sentences.items():
        with pytest.raises(RecordingUnreadable, match=f"{name}.*{reason}"):
            list(read_recording(tmp_path / name))


def test_two_images_of_one_number_are_both_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "clip", [1, 2])
    (tmp_path / "clip" / "other_2.png").write_bytes(b"")
    with pytest.raises(RecordingUnreadable, match=r"number 2: 03_01_0071_.*_0002\.jpg and other_2\.png"):
        list(read_recording(tmp_path / "clip"))


def test_hidden_files_are_no_images(tmp_path: Path) -> None:
    write_folder(tmp_path / "clip", [1, 2])
    (tmp_path / "clip" / "._x_0002.jpg").write_bytes(b"resource fork")
    assert len(list(read_recording(tmp_path / "clip"))) == 2


def test_missing_images_of_an_hour_are_no_pause_of_an_hour(tmp_path: Path) -> None:
    write_folder(tmp_path / "clip", [1, 2, 108_002, 108_003])
    times = [frame.time for frame in read_recording(tmp_path / "clip")]
    np.testing.assert_allclose(times, np.arange(4) / 30)


@pytest.mark.parametrize("unit", [10**3, 10**6, 10**9], ids=["ms", "us", "ns"])
def test_images_named_by_the_time_since_1970_have_these_times(tmp_path: Path, unit: int) -> None:
    write_folder(tmp_path / "clip", [1_690_000_000 * unit + number * unit // 25 for number in range(4)])
    times = [frame.time for frame in read_recording(tmp_path / "clip")]
    np.testing.assert_allclose(times, np.arange(4) / 25, atol=1e-3)


@pytest.mark.parametrize(
    ("first", "step"),
    [(0, 33), (0, 33_333), (20_231_101_123_045, 1), (1_690_000_000, 1)],
    ids=["milliseconds", "microseconds", "date and time", "seconds"],
)
def test_images_named_by_other_times_are_refused(tmp_path: Path, first: int, step: int) -> None:
    write_folder(tmp_path / "clip", [first + step * number for number in range(4)])
    with pytest.raises(
        RecordingUnreadable, match=r"folder .*clip are numbered as times are, .*milliseconds.* since 1970"
    ):
        list(read_recording(tmp_path / "clip"))


def test_images_named_by_seconds_and_fractions_are_refused(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    for name in ("1690000000.95", "1690000001.02", "1690000001.09"):
        (tmp_path / "clip" / f"{name}.jpg").touch()
    with pytest.raises(RecordingUnreadable, match=r"order .*clip.* 1690000001\.09\.jpg and 1690000000\.95\.jpg"):
        list(read_recording(tmp_path / "clip"))


def test_damaged_image_is_refused_by_name(tmp_path: Path) -> None:
    write_folder(tmp_path / "clip", [1, 2])
    (tmp_path / "clip" / "x_0003.jpg").write_bytes(b"")
    (tmp_path / "clip" / "x_0004.jpg").write_bytes(b"\xff\xd8 half")
    with pytest.raises(RecordingUnreadable, match="x_0003"):
        list(read_recording(tmp_path / "clip"))


def test_truncated_video_is_refused(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", frames=60, rate=30.0)
    content = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(content[: len(content) // 2])
    with pytest.raises(RecordingUnreadable, match="a.mp4"):
        list(read_recording(tmp_path / "a.mp4"))
