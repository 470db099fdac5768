"""Layouts that name their clips: WLASL, AUTSL, LSA64, and a list of one's own."""

import json
from pathlib import Path

import pytest

from tests.trainer.data.layouts.made_up import make, read, rows
from trainer.data.clip import DatasetUnreadable


def write_wlasl(root: Path) -> None:
    instances = [
        {"video_id": "69241", "signer_id": 118, "split": "train", "fps": 25, "frame_start": 1, "frame_end": -1},
        {"video_id": "07068", "signer_id": 12, "split": "val", "bbox": [385, 37, 885, 720]},
        {"video_id": "07069", "signer_id": -1, "split": "test"},
    ]
    gone = [{"video_id": "00001", "signer_id": 1, "split": "train"}]
    content = [{"gloss": "book", "instances": instances}, {"gloss": "hot dog", "instances": gone}]
    (root / "WLASL_v0.3.json").write_text(json.dumps(content))


def test_wlasl_is_read(tmp_path: Path) -> None:
    make(tmp_path, "videos/69241.mp4", "videos/07068.mp4", "videos/07069.mp4", "videos/5.mp4", "raw_videos/69241.mp4")
    write_wlasl(tmp_path)
    dataset = read(tmp_path, hold_out="auto")
    assert rows(dataset) == [
        ("videos/07068", "book", "12", "val"),
        ("videos/07069", "book", None, "test"),
        ("videos/69241", "book", "118", "train"),
    ]
    assert sorted(dataset.skipped) == [
        "00001 (in WLASL_v0.3.json, not in videos)",
        "raw_videos/69241.mp4 (a clip outside the layout)",
        "videos/5.mp4 (a clip outside the layout)",
    ]


@pytest.mark.parametrize("content", ["[", '[{"gloss": "book"}]', '{"book": 1}'])
def test_damaged_list_of_wlasl_is_refused(tmp_path: Path, content: str) -> None:
    make(tmp_path, "videos/69241.mp4")
    (tmp_path / "WLASL_v0.3.json").write_text(content)
    with pytest.raises(DatasetUnreadable, match="WLASL_v0.3.json is no list of WLASL's clips"):
        read(tmp_path)


def test_autsl_is_read(tmp_path: Path) -> None:
    clips = [
        f"{split}/signer{signer}_sample{signer}_color.mp4" for split, signer in (("train", 0), ("val", 12), ("test", 5))
    ]
    make(tmp_path, *clips, "train/signer0_sample0_depth.mp4", "train/signer0_sample9_color.mp4")
    (tmp_path / "train_labels.csv").write_text("signer0_sample0,41\nsigner0_sample1,3\n")
    (tmp_path / "validation_labels.csv").write_text("signer12_sample12,41\n")
    (tmp_path / "test").joinpath("ground_truth.csv").write_text("signer5_sample5,3\n")
    (tmp_path / "SignList_ClassId_TR_EN.csv").write_text("\ufeffClassId,TR,EN\n3,kahvaltı,breakfast\n41,çay,tea\n")
    dataset = read(tmp_path, hold_out="auto")
    assert rows(dataset) == [
        ("test/signer5_sample5_color", "kahvaltı", "5", "test"),
        ("train/signer0_sample0_color", "çay", "0", "train"),
        ("val/signer12_sample12_color", "çay", "12", "val"),
    ]
    assert dataset.clips[0].word_en == "breakfast"
    assert sorted(dataset.skipped) == [
        "signer0_sample1 (in a file of labels, no clip)",
        "train/signer0_sample0_depth.mp4 (a clip outside the layout)",
        "train/signer0_sample9_color.mp4 (a clip outside the layout)",
    ]


def test_autsl_in_one_folder_takes_the_split_of_its_labels_and_numbers_where_words_lack(tmp_path: Path) -> None:
    make(tmp_path, "signer0_sample0_color.mp4", "signer5_sample5_color.mp4")
    (tmp_path / "train_labels.csv").write_text("signer0_sample0,41\n")
    (tmp_path / "test_labels.csv").write_text("signer5_sample5,3\n")
    found = rows(read(tmp_path))
    assert [row[1:] for row in found] == [(41, "0", "train"), (3, "5", "test")]


def test_lsa64_is_read(tmp_path: Path) -> None:
    make(tmp_path, "all_cut/001_002_003.mp4", "all_cut/064_010_005.mp4", "readme.txt")
    dataset = read(tmp_path)
    assert rows(dataset) == [
        ("all_cut/001_002_003", 1, "002", "train"),
        ("all_cut/064_010_005", 64, "010", "train"),
    ]
    assert dataset.skipped == ("readme.txt (no clip)",)


LIST = """path,word,signer,split,english,notes
phone/1.mp4,قهوة,p2,train,Coffee,x
phone/frames,71.0,,,,
phone/2.mp4,شكرا,p1,Test,,
"""


@pytest.mark.parametrize("named", ["clips.csv", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_list_of_clips_is_read(tmp_path: Path, named: str, encoding: str, delimiter: str) -> None:
    make(tmp_path, "phone/1.mp4", "phone/2.mp4", "phone/frames/")
    (tmp_path / "clips.csv").write_text(LIST.replace(",", delimiter), encoding=encoding)
    dataset = read(tmp_path / named)
    assert rows(dataset) == [
        ("phone/1", "قهوة", "p2", "train"),
        ("phone/2", "شكرا", "p1", "test"),
        ("phone/frames", 71, None, "train"),
    ]
    assert dataset.clips[0].word_en == "Coffee"
    assert dataset.skipped == ()


def test_clips_that_a_list_lacks_or_names_in_vain_are_reported(tmp_path: Path) -> None:
    make(tmp_path, "phone/1.mp4", "phone/2.mp4", "phone/3.mp4")
    (tmp_path / "clips.csv").write_text("path,word\nphone\\1.mp4,tea\nphone/9.mp4,tea\n")
    dataset = read(tmp_path)
    assert [clip.name for clip in dataset.clips] == ["phone/1"]
    assert sorted(dataset.skipped) == [
        "phone/2.mp4 (a clip outside the layout)",
        "phone/3.mp4 (a clip outside the layout)",
        "phone/9.mp4 (in row 3 of clips.csv, not there)",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("file,word\n1.mp4,tea\n", "must name the columns path and word"),
        ("", "must name the columns path and word"),
        ("path,word\n1.mp4,\n", "row 2 of .* its word is empty"),
        ("path,word\n,tea\n", "row 2 of .* its path is empty"),
        ("path,word\n1.mp4,tea\n1.mp4,coffee\n", "row 3 of .* stands in a row before, with something else"),
        ("path,word,split\n1.mp4,tea,best\n", "row 2 of .* best is none of the splits train, val and test"),
        ("path,word\n../1.mp4,tea\n", "row 2 of .* does not lie below the folder"),
        ("path,word\n/etc/1.mp4,tea\n", "row 2 of .* does not lie below the folder"),
        ("path,word\nC:\\clips\\1.mp4,tea\n", "row 2 of .* does not lie below the folder"),
        ("path,word\n.,tea\n", "row 2 of .* does not lie below the folder"),
        ("path,word\nclips.csv,tea\n", "row 2 of .* is neither a video nor a folder"),
        ('path,word\n"1.mp4,tea\n', "is not a readable CSV file"),
    ],
)
def test_wrong_list_is_refused_by_its_row(tmp_path: Path, content: str, sentence: str) -> None:
    make(tmp_path, "1.mp4")
    (tmp_path / "clips.csv").write_text(content)
    with pytest.raises(DatasetUnreadable, match=sentence):
        read(tmp_path)


def test_list_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (make(tmp_path, "1.mp4") / "clips.csv").write_bytes("path,word\n1.mp4,شكرا\n".encode("cp1256"))
    with pytest.raises(DatasetUnreadable, match='is not UTF-8; save it as "CSV UTF-8"'):
        read(tmp_path)


def test_clip_in_place_of_a_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnreadable, match="is a file; name the folder of the data set"):
        read(make(tmp_path, "1.mp4") / "1.mp4")
