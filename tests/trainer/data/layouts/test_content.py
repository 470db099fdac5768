import os
from pathlib import Path

import pytest

from tests.trainer.data.layouts.made_up import make, read, rows
from trainer.data.clip import DatasetUnreadable

CLIP = "01/01/train/0001/c.mp4"


def test_litter_and_what_this_program_writes_is_passed_over(tmp_path: Path) -> None:
    folder = "01/01/train/0001"
    litter = [
        f"{folder}/._c.mp4",
        f"{folder}/.ipynb_checkpoints/c.mp4",
        f"{folder}/@eaDir/c.mp4",
        f"{folder}/Thumbs.db",
    ]
    own = ["KARSL-502_Labels.xlsx", "takes/01/a.take.npz", "takes/labels.json"]
    dataset = read(make(tmp_path, CLIP, ".DS_Store", "__MACOSX/01/01/train/0001/c.mp4", *litter, *own))
    assert [row[0] for row in rows(dataset)] == ["01/01/train/0001/c"]
    assert dataset.skipped == ()


def test_whatever_else_is_not_read_is_named(tmp_path: Path) -> None:
    skipped = ["0001-0070.zip", "01/01/train/0002/notes.txt", "01/01/train/0002.zip.001", "01/01/train/lost.mp4", "mp4"]
    make(tmp_path, CLIP, *skipped)
    (tmp_path / "01/empty").mkdir()
    assert sorted(read(tmp_path).skipped) == [
        "0001-0070.zip (packed)",
        "01/01/train/0002.zip.001 (packed)",
        "01/01/train/0002/notes.txt (no clip)",
        "01/01/train/lost.mp4 (a clip outside the layout)",
        "01/empty (an empty folder)",
        "mp4 (no clip)",
    ]


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    make(tmp_path, CLIP)
    (tmp_path / os.fsdecode(b"caf\xe9.mp4")).touch()
    (tmp_path / "01/01/train/0002").symlink_to(tmp_path / "gone")
    skipped = read(tmp_path).skipped
    assert any(entry.startswith("caf\N{REPLACEMENT CHARACTER}.mp4 (cannot be opened") for entry in skipped)
    assert any(entry.startswith("01/01/train/0002 ") for entry in skipped)


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    make(tmp_path / "disk", "0071/c.mp4")
    (tmp_path / "data/01/01").mkdir(parents=True)
    (tmp_path / "data/01/01/train").symlink_to(tmp_path / "disk")
    (tmp_path / "disk/0071/up").symlink_to(tmp_path / "data")
    assert rows(read(tmp_path / "data"))[0] == ("01/01/train/0071/c", 71, "01", "train")


def test_folder_without_clips_says_what_it_holds(tmp_path: Path) -> None:
    make(tmp_path, "0001-0070.zip", "0071-0170.zip")
    with pytest.raises(DatasetUnreadable, match=r"2 entries, for example 0001-0070.zip \(packed\)"):
        read(tmp_path)
