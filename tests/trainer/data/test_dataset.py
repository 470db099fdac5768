from pathlib import Path

import pytest

from trainer.data.clip import DatasetUnreadable
from trainer.data.dataset import read_dataset


def test_official_layout_is_read(tmp_path: Path) -> None:
    (tmp_path / "01/01/train/0071/clip_a").mkdir(parents=True)
    (tmp_path / "02/02/test/0003").mkdir(parents=True)
    (tmp_path / "02/02/test/0003/clip_b.mp4").touch()
    (tmp_path / "02/02/test/0003/notes.txt").touch()
    (tmp_path / "02/02/test/0003/._clip_b.mp4").touch()
    clips = read_dataset(tmp_path).clips
    assert [(clip.name, clip.sign_id, clip.signer, clip.split) for clip in clips] == [
        ("01/01/train/0071/clip_a", 71, "01", "train"),
        ("02/02/test/0003/clip_b", 3, "02", "test"),
    ]


def test_flat_folder_is_read_as_training_clips(tmp_path: Path) -> None:
    (tmp_path / "0100.mp4").touch()
    clip = read_dataset(tmp_path).clips[0]
    assert (clip.name, clip.sign_id, clip.signer, clip.split) == ("0100", 100, None, "train")


def test_folder_without_clips_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(DatasetUnreadable, match=str(folder)):
            read_dataset(folder)


def test_karsl_is_read_completely(karsl: Path) -> None:
    clips = read_dataset(karsl / "karsl-502").clips
    assert sum(clip.split == "train" for clip in clips) == 322
    assert sum(clip.split == "test" for clip in clips) == 115
    # Takes are found again by these names, whichever release extracted them.
    official = (karsl / "karsl-502").glob("*/*/t*/*/*")
    assert [clip.name for clip in clips] == sorted(
        str(path.relative_to(karsl / "karsl-502").with_suffix("")) for path in official
    )
