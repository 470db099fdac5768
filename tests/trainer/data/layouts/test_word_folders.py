from pathlib import Path

import pytest

from models.sign_number import number_of_word
from tests.trainer.data.layouts.made_up import make, read, rows
from trainer.data.clip import DatasetUnreadable


def test_folder_names_are_the_words(tmp_path: Path) -> None:
    make(tmp_path, "قهوة/VID_0001.MOV", "شكرا/VID_0002.MOV", "شكرا/frames/", "شكرا/poster.jpg")
    dataset = read(tmp_path)
    assert rows(dataset) == [
        ("شكرا/VID_0002", "شكرا", None, "train"),
        ("شكرا/frames", "شكرا", None, "train"),
        ("قهوة/VID_0001", "قهوة", None, "train"),
    ]
    assert dataset.skipped == ("شكرا/poster.jpg (no clip)",)
    assert dataset.clips[-1].sign_id == number_of_word("قهوة")


def test_folders_in_the_folder_of_a_word_are_people(tmp_path: Path) -> None:
    make(tmp_path, "coffee/p2/1.mp4", "coffee/p1/1.mp4", "tea/p2/1.mp4")
    assert {row[2] for row in rows(read(tmp_path))} == {"p2", "p1"}
    assert {row[1] for row in rows(read(tmp_path, "outer-folder"))} == {"p2", "p1"}


@pytest.mark.parametrize(
    ("pattern", "name", "signer"),
    [
        ("{signer}_*", "p2_01", "p2"),
        ("*_{signer}", "coffee_2026_p1", "p1"),
        ("*_{signer}_*", "coffee_p2_01_b", "p2"),
        ("VID-{signer}-*", "VID-هدى-3", "هدى"),
        ("*({signer})*", "clip (Omar) 2", "Omar"),
    ],
)
def test_people_are_read_from_file_names(tmp_path: Path, pattern: str, name: str, signer: str) -> None:
    make(tmp_path, f"coffee/{name}.mp4", "tea/unknown.mp4")
    assert [row[2] for row in rows(read(tmp_path, pattern))] == [signer, None]


def test_pattern_that_fits_no_name_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "coffee/p2-1.mp4", "tea/p2-1.mp4")
    with pytest.raises(DatasetUnreadable, match="for example p2-1; give a pattern"):
        read(tmp_path, "{signer}_*")


@pytest.mark.parametrize("place", ["train/coffee", "coffee/train"])
def test_split_may_lie_around_the_words_or_in_them(tmp_path: Path, place: str) -> None:
    make(
        tmp_path, f"{place}/1.mp4", f"{place.replace('train', 'val')}/2.mp4", f"{place.replace('train', 'test')}/3.mp4"
    )
    found = sorted((row[3], row[1]) for row in rows(read(tmp_path, hold_out="auto")))
    assert found == [("test", "coffee"), ("train", "coffee"), ("val", "coffee")]


def test_clip_outside_the_folders_of_splits_changes_nothing_else(tmp_path: Path) -> None:
    dataset = read(make(tmp_path / "a", "train/coffee/1.mp4", "test/coffee/2.mp4", "test/lost.mp4"))
    assert [row[1:] for row in rows(dataset)] == [("coffee", None, "test"), ("coffee", None, "train")]
    assert dataset.skipped == ("test/lost.mp4 (a clip outside the layout)",)
    dataset = read(make(tmp_path / "b", "coffee/train/1.mp4", "coffee/test/2.mp4", "coffee/3.mp4"))
    assert [row[1:] for row in rows(dataset)] == [("coffee", None, split) for split in ("train", "test", "train")]


def test_train_may_be_a_word_among_others(tmp_path: Path) -> None:
    make(tmp_path, "train/p2/1.mp4", "car/p2/1.mp4", "car/p2/2.mp4")
    assert sorted((row[1], row[2]) for row in rows(read(tmp_path))) == [
        ("car", "p2"),
        ("car", "p2"),
        ("train", "p2"),
    ]


def test_second_copies_differ_from_words_that_end_with_a_number(tmp_path: Path) -> None:
    make(tmp_path, "coffee/1.mp4", "coffee (1)/1.mp4", "bank (1)/1.mp4", "bank (2)/1.mp4")
    assert [row[1] for row in rows(read(tmp_path))] == ["bank (1)", "bank (2)", "coffee", "coffee"]


def test_folders_named_by_numbers_are_numbered_signs(tmp_path: Path) -> None:
    assert [row[1] for row in rows(read(make(tmp_path, "0071/1.mp4", "12/1.mp4")))] == [71, 12]


def test_number_that_no_sign_can_have_is_a_word(tmp_path: Path) -> None:
    assert [row[1] for row in rows(read(make(tmp_path, "20260101123456/1.mp4")))] == ["20260101123456"]


def test_folder_that_may_be_a_word_or_hold_the_words_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "mine/coffee/1.mp4", "mine/tea/1.mp4")
    with pytest.raises(DatasetUnreadable, match="everything lies in one folder, mine"):
        read(tmp_path)
    assert {row[1] for row in rows(read(tmp_path, "folder"))} == {"mine"}
    assert {row[1] for row in rows(read(tmp_path / "mine"))} == {"coffee", "tea"}


def test_one_level_too_high_is_read_where_only_that_makes_sense(tmp_path: Path) -> None:
    make(tmp_path, "mine/coffee/p2/1.mp4", "mine/tea/p2/1.mp4")
    assert rows(read(tmp_path)) == [
        ("mine/coffee/p2/1", "coffee", "p2", "train"),
        ("mine/tea/p2/1", "tea", "p2", "train"),
    ]


def test_a_few_names_as_of_another_layout_do_not_hide_the_words(tmp_path: Path) -> None:
    make(tmp_path, *(f"coffee/{number}.mp4" for number in range(4)), "coffee/001_002_003.mp4", "0100.mp4")
    dataset = read(tmp_path)
    assert len(dataset.clips) == 5
    assert dataset.skipped == ("0100.mp4 (a clip outside the layout)",)
