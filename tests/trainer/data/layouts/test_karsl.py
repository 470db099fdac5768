from pathlib import Path

import pytest

from tests.trainer.data.layouts.made_up import make, read, rows


def test_split_and_signer_are_read_and_nothing_is_held_out(tmp_path: Path) -> None:
    make(tmp_path, "01/01/train/0071/clip_a/", "02/02/test/0003/clip_b.mp4", "02/02/val/0003/clip_c.mp4")
    assert rows(read(tmp_path, hold_out="auto")) == [
        ("01/01/train/0071/clip_a", 71, "01", "train"),
        ("02/02/test/0003/clip_b", 3, "02", "test"),
        ("02/02/val/0003/clip_c", 3, "02", "val"),
    ]


@pytest.mark.parametrize(
    ("name", "sign", "signer", "split"),
    [
        ("01/01/train/0001-0070/0025/c.mp4", 25, "01", "train"),  # folders of a range
        ("01/0001-0070/train/0025/c.mp4", 25, "01", "train"),
        ("02/train/0025/c.mp4", 25, "02", "train"),  # the signer stands there once
        ("KArSL-502/03/03/test/0025/c.mp4", 25, "03", "test"),  # one level too high
        ("downloads/KArSL-502/03/Test/0025/c.mp4", 25, "03", "test"),
        ("01/01/train/0025 (1)/c.mp4", 25, "01", "train"),  # downloaded twice
        ("01/01/validation/0025/c.mp4", 25, "01", "val"),
        ("0100.mp4", 100, None, "train"),
        ("0100 (1).mp4", 100, None, "train"),
    ],
)
def test_ways_to_unpack_it_are_read(tmp_path: Path, name: str, sign: int, signer: str | None, split: str) -> None:
    dataset = read(make(tmp_path, name))
    assert rows(dataset) == [(name.removesuffix(".mp4"), sign, signer, split)]
    assert dataset.skipped == ()


@pytest.mark.parametrize("suffix", ["MOV", "MTS", "m4v", "wmv", "mpg", "mpeg", "flv", "ts", "3gp"])
def test_videos_of_phones_and_cameras_are_clips(tmp_path: Path, suffix: str) -> None:
    assert [row[0] for row in rows(read(make(tmp_path, f"01/01/train/0001/c.{suffix}")))] == ["01/01/train/0001/c"]


def test_clips_of_one_stem_have_takes_of_their_own(tmp_path: Path) -> None:
    folder = "01/01/train/0001"
    make(tmp_path, f"{folder}/c.avi", f"{folder}/c.mp4", f"{folder}/d/", f"{folder}/d.mp4", f"{folder}/c~1.mp4")
    named = {clip.name.rpartition("/")[2]: clip.path.name for clip in read(tmp_path).clips}
    # The take of variant 1 of clip c is called c~1.
    assert named == {"c": "c.mp4", "c.avi": "c.avi", "c-1.mp4": "c~1.mp4", "d": "d", "d.mp4": "d.mp4"}
