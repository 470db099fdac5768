from pathlib import Path

import openpyxl
import pytest

from trainer.data.clip import DatasetUnreadable
from trainer.data.dataset import find_labels, read_dataset, read_xlsx_labels


def write_labels(path: Path, header: list[str | int], rows: list[list[str | int]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [header, *rows]:
        sheet.append(row)
    book.save(path)


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


def test_whitespace_in_words_is_normalised(tmp_path: Path) -> None:
    for folder in ("whole", "part"):
        (tmp_path / folder).mkdir()
    path = tmp_path / "whole" / "KARSL-502_Labels.xlsx"
    write_labels(path, ["SignID", "Sign-Arabic", "Sign-English"], [[1, 0, 0], [76, " قصبة  هوائية ", "Trachea "]])
    signs = read_xlsx_labels(path)
    assert (signs[76].word, signs[76].word_en) == ("قصبة هوائية", "Trachea")
    assert signs[1].word == "0"
    assert find_labels(tmp_path / "whole") == find_labels(tmp_path / "part") == path


def test_wrong_labels_file_is_refused(tmp_path: Path) -> None:
    write_labels(tmp_path / "a.xlsx", ["Number", "Word"], [[1, "x"]])
    (tmp_path / "b.xlsx").write_text("no xlsx")
    for name in ("a.xlsx", "b.xlsx"):
        with pytest.raises(DatasetUnreadable, match=name):
            read_xlsx_labels(tmp_path / name)


def test_karsl_is_read_completely(karsl: Path) -> None:
    clips = read_dataset(karsl / "karsl-502").clips
    assert sum(clip.split == "train" for clip in clips) == 322
    assert sum(clip.split == "test" for clip in clips) == 115
    labels = find_labels(karsl / "vocabulary-190")
    assert labels is not None
    signs = read_xlsx_labels(labels)
    assert len(signs) == 502
    assert signs[76].word == "قصبة هوائية"
    assert all(sign.word == sign.word.strip() for sign in signs.values())
