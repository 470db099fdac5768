"""Clips that are whole although their header says otherwise, and clips that are not."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from landmarkers.frame_clock import MAX_GAP_S, FrameClock
from landmarkers.recording import RecordingUnreadable, read_recording

SECONDS = 2.0
RATE = 30


def ffmpeg(*arguments: str | Path) -> None:
    program = shutil.which("ffmpeg")
    assert program is not None
    subprocess.run([program, "-v", "error", "-y", *arguments], check=True)


def write(path: Path, *options: str | Path) -> Path:
    """Write a moving picture of two seconds."""
    ffmpeg("-f", "lavfi", "-i", f"testsrc=size=64x48:rate={RATE}:duration={SECONDS}", *options, path)
    return path


def times(path: Path) -> list[float]:
    return [frame.time for frame in read_recording(path)]


def test_clip_trimmed_by_an_edit_list_is_whole(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.mp4", "-c:v", "libx264", "-g", "250")
    ffmpeg("-ss", "1.5", "-i", whole, "-c", "copy", tmp_path / "trimmed.mp4")
    np.testing.assert_allclose(times(tmp_path / "trimmed.mp4"), np.arange(15) / RATE, atol=2e-3)


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_clip_of_varying_rate_is_whole_and_keeps_its_times(tmp_path: Path, suffix: str) -> None:
    select = ["-vf", "select=lt(mod(n\\,20)\\,3)", "-fps_mode", "passthrough"]
    clip = write(tmp_path / f"varying.{suffix}", *select)
    expected = [(20 * group + number) / RATE for group in range(3) for number in range(3)]
    np.testing.assert_allclose(times(clip), expected, atol=2e-3)


def test_clip_whose_header_counts_no_frames_is_whole(tmp_path: Path) -> None:
    clip = write(tmp_path / "live.mkv", "-live", "1")
    assert len(times(clip)) == SECONDS * RATE


@pytest.mark.parametrize("form", ["avi", "matroska", "webm"])
def test_clip_written_to_a_pipe_is_whole(tmp_path: Path, form: str) -> None:
    program = shutil.which("ffmpeg")
    assert program is not None
    picture = ["-f", "lavfi", "-i", f"testsrc=size=64x48:rate={RATE}:duration={SECONDS}"]
    process = subprocess.run([program, "-v", "error", *picture, "-f", form, "-"], check=True, stdout=subprocess.PIPE)
    (tmp_path / f"a.{form}").write_bytes(process.stdout)
    assert len(times(tmp_path / f"a.{form}")) == SECONDS * RATE


SOUND = ["-f", "lavfi", "-i", "sine=duration=6"]


@pytest.mark.parametrize("suffix", ["avi", "flv", "mkv", "mov", "mp4", "mpg", "ts", "webm", "wmv"])
def test_clip_whose_sound_is_longer_is_whole(tmp_path: Path, suffix: str) -> None:
    assert len(times(write(tmp_path / f"a.{suffix}", *SOUND))) == SECONDS * RATE


@pytest.mark.parametrize("suffix", ["avi", "mp4"])
def test_clip_that_lacks_sound_alone_is_whole(tmp_path: Path, suffix: str) -> None:
    clip = write(tmp_path / f"a.{suffix}", *SOUND, *(["-movflags", "+faststart"] if suffix == "mp4" else []))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 8 // 10])
    assert len(times(clip)) == SECONDS * RATE


def test_clip_of_varying_rate_that_lacks_its_index_is_whole(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.avi", "-vf", "select=lt(mod(n\\,20)\\,3)", "-fps_mode", "passthrough")
    content = clip.read_bytes()
    clip.write_bytes(content[: content.rindex(b"idx1")])
    assert len(times(clip)) == 9


def test_clip_whose_header_counts_too_few_frames_is_whole(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.avi")
    content = bytearray(clip.read_bytes())
    count = int(SECONDS * RATE).to_bytes(4, "little")
    for header, offset in ((b"avih", 24), (b"strh", 40)):
        start = content.index(header) + offset
        assert content[start : start + 4] == count
        content[start : start + 4] = (5).to_bytes(4, "little")
    clip.write_bytes(content)
    assert len(times(clip)) == SECONDS * RATE
    clip.write_bytes(content[: len(content) // 2])
    with pytest.raises(RecordingUnreadable, match=r"a\.avi is truncated"):
        times(clip)


def test_clip_that_cannot_be_decoded_here_is_refused_by_its_codec(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", "-c:v", "libaom-av1", "-cpu-used", "8")
    with pytest.raises(
        RecordingUnreadable, match=r"no picture of the clip .*a\.mp4 can be decoded here.* AV1; convert it"
    ):
        times(clip)


def test_nothing_but_the_sentence_is_said_about_a_clip(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    broken = write(tmp_path / "broken.mp4", "-movflags", "+faststart")
    broken.write_bytes(broken.read_bytes()[:-20_000])
    program = "import sys; from pathlib import Path; from landmarkers.recording import read_recording as read; "
    for clip in (tmp_path / "text.mp4", broken):
        command = [sys.executable, "-c", program + "list(read(Path(sys.argv[1])))", str(clip)]
        lines = subprocess.run(command, capture_output=True, text=True, check=False).stderr.splitlines()
        assert lines[0].startswith("Traceback")
        assert f"the clip {clip}" in lines[-1]


def test_clip_that_lacks_the_index_of_its_images_is_truncated(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4")
    content = clip.read_bytes()
    clip.write_bytes(content[: content.rindex(b"stbl")])
    with pytest.raises(RecordingUnreadable, match=r"a\.mp4 is truncated after \d+ of \d+ bytes"):
        times(clip)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.webm", "a.avi", "a.wmv", "a.flv"])
def test_truncated_clip_is_refused_by_name(tmp_path: Path, name: str) -> None:
    early = ["-movflags", "+faststart"] if name.endswith(("mp4", "mov")) else []
    clip = write(tmp_path / name, *early)
    assert len(times(clip)) == SECONDS * RATE
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    with pytest.raises(RecordingUnreadable, match=rf"{name} is truncated after \d+ of \d+ bytes"):
        times(clip)


def test_damaged_image_is_skipped_and_many_of_them_are_refused(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", "-c:v", "libx264", "-movflags", "+faststart", "-crf", "1")
    content = bytearray(clip.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 100] = b"U" * 100
    clip.write_bytes(content)
    found = times(clip)
    assert SECONDS * RATE - 5 < len(found) <= SECONDS * RATE
    assert found[-1] == pytest.approx(SECONDS - 1 / RATE, abs=0.01)
    content[middle:] = bytes(len(content) - middle)
    clip.write_bytes(content)
    with pytest.raises(RecordingUnreadable, match=r"a\.mp4 is damaged: \d+ of \d+ frames cannot be decoded"):
        times(clip)


@pytest.mark.parametrize("offsets", [(0, 3600), (3600, 0)], ids=["forwards", "backwards"])
def test_jump_of_the_stamps_passes_like_one_frame(tmp_path: Path, offsets: tuple[int, int]) -> None:
    parts = [write(tmp_path / f"{offset}.ts", "-output_ts_offset", str(offset)) for offset in offsets]
    (tmp_path / "joined.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    found = times(tmp_path / "joined.ts")
    assert len(found) == 2 * SECONDS * RATE
    assert found[-1] == pytest.approx(2 * SECONDS, abs=0.2)
    assert np.all(np.diff(found) > 0.0)


def test_clock_keeps_a_pause_that_a_recording_may_have() -> None:
    clock = FrameClock(0.1)
    stamps = [7.0, 7.1, 7.1 + MAX_GAP_S - 0.1, 7.1 + MAX_GAP_S]
    assert [clock.advance(stamp) for stamp in stamps] == pytest.approx([0.0, 0.1, MAX_GAP_S, MAX_GAP_S + 0.1])


def test_clock_without_stamps_advances_by_the_nominal_interval() -> None:
    clock = FrameClock(0.5)
    assert [clock.advance(0.0) for _ in range(30)] == pytest.approx([0.5 * number for number in range(30)])


@pytest.mark.parametrize("name", ["12:30:05.mp4", "-i.mp4", "%04d.mp4", "http:.mp4", "a b'\".mp4", "bad\udcff.mp4"])
def test_clip_may_have_any_name(tmp_path: Path, name: str) -> None:
    write(tmp_path / "a.mp4").rename(tmp_path / name)
    assert len(times(tmp_path / name)) == SECONDS * RATE


def test_clip_that_may_not_be_read_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    clip = write(tmp_path / "a.mp4")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(RecordingUnreadable, match=r"a\.mp4 cannot be read: Permission denied"):
        times(clip)


@pytest.mark.parametrize(("options", "size"), [((), (96, 48)), (("-metadata:s:v", "rotate=90"), (48, 96))])
def test_image_has_square_pixels(tmp_path: Path, options: tuple[str, ...], size: tuple[int, int]) -> None:
    squeezed = write(tmp_path / "squeezed.mp4", "-vf", "setsar=3/2")
    ffmpeg("-i", squeezed, "-c", "copy", *options, tmp_path / "a.mp4")
    height, width = next(read_recording(tmp_path / "a.mp4")).image.shape[:2]
    assert (width, height) == size
    height, width = next(read_recording(tmp_path / "a.mp4", pixel_aspect=1.0)).image.shape[:2]
    assert sorted((width, height)) == [48, 64]
