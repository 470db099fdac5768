from pathlib import Path

import pytest

from tests.trainer.data.layouts.made_up import make, read
from trainer.data.clip import DatasetUnreadable
from trainer.data.dataset import Dataset


def phone_clips(root: Path, **counts: int) -> Path:
    """Make clips of two words by some people, so many of each word."""
    for signer, count in counts.items():
        make(root, *(f"{word}/{signer}/{number}.mp4" for word in ("coffee", "tea") for number in range(count)))
    return root


def held_out(dataset: Dataset) -> set[str]:
    return {clip.name for clip in dataset.clips if clip.split == "test"}


def test_of_three_people_the_one_with_the_fewest_clips_is_held_out(tmp_path: Path) -> None:
    make(phone_clips(tmp_path, p2=5, p1=3, p5=4), "coffee/guest/1.mp4")  # a guest who signs one word is no measure
    dataset = read(tmp_path, hold_out="auto")
    assert {clip.signer for clip in dataset.clips if clip.split == "test"} == {"p1"}
    assert dataset.notes[-1] == "6 of 25 clips, signer p1's, are held out as test clips (--hold-out)"


def test_of_two_people_a_fifth_of_each_word_is_held_out(tmp_path: Path) -> None:
    found = held_out(read(phone_clips(tmp_path, p2=5, p1=5), hold_out="auto"))
    assert [sum(name.startswith(word) for name in found) for word in ("coffee/", "tea/")] == [2, 2]


def test_the_same_clips_are_held_out_when_others_are_added(tmp_path: Path) -> None:
    before = held_out(read(phone_clips(tmp_path, p2=10), hold_out="auto"))
    make(tmp_path, *(f"water/p2/{number}.mp4" for number in range(9)))
    assert {name for name in held_out(read(tmp_path, hold_out="auto")) if not name.startswith("water")} == before


def test_words_that_nobody_else_signs_and_words_of_few_clips_stay_for_training(tmp_path: Path) -> None:
    make(phone_clips(tmp_path, p2=5, p1=3, p5=4), "water/p1/1.mp4", "water/p1/2.mp4")
    assert not any(name.startswith("water") for name in held_out(read(tmp_path, hold_out="p1")))
    assert not any(name.startswith("water") for name in held_out(read(tmp_path, hold_out="50%")))


@pytest.mark.parametrize(("wanted", "count"), [("none", 0), ("p2", 10), ("50%", 12), ("99%", 22)])
def test_what_is_held_out_can_be_chosen(tmp_path: Path, wanted: str, count: int) -> None:
    assert len(held_out(read(phone_clips(tmp_path, p2=5, p1=3, p5=4), hold_out=wanted))) == count


def test_unknown_person_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnreadable, match="names no signer of the data set, which knows p1, p2"):
        read(phone_clips(tmp_path, p2=5, p1=3), hold_out="p5")


def test_data_set_with_a_split_keeps_it(tmp_path: Path) -> None:
    make(tmp_path, *(f"0{signer}/train/0001/{number}.mp4" for signer in (1, 2, 3) for number in range(5)))
    assert held_out(read(tmp_path, hold_out="auto")) == set()
