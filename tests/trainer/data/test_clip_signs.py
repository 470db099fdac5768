"""Which number and words the clips of a data set get."""

from pathlib import Path

import pytest

from landmarkers.errors import UserError
from models.labels import Sign
from models.sign_number import number_of_word
from trainer.data.clip import Clip
from trainer.data.clip_signs import find_labels, number_clips, signs_of_clips

THANKS = Sign(sign_id=7, word="شكرا", word_en="Thanks")


def clip(word: str | None, sign_id: int | None = None) -> Clip:
    number = number_of_word(word) if sign_id is None and word else sign_id or 0
    return Clip(f"{word}/clip", Path("clip.mp4"), number, None, "train", word)


@pytest.mark.parametrize("word", ["شكرا", "thanks", " THANKS ", "ﺷﻜﺮا"])
def test_folder_named_by_either_word_gets_the_number_of_the_labels(word: str) -> None:
    clips = number_clips([clip(word), clip("قهوة")], [THANKS])
    assert [one.sign_id for one in clips] == [7, number_of_word("قهوة")]
    assert [(sign.sign_id, sign.word, sign.word_en) for sign in signs_of_clips(clips, [THANKS])] == [
        (7, "شكرا", "Thanks"),
        (number_of_word("قهوة"), "قهوة", "قهوة"),
    ]


def test_number_that_the_data_set_gives_is_kept_and_the_labels_name_it() -> None:
    clips = number_clips([clip("teşekkür", 7), clip(None, 9)], [THANKS])
    assert [one.sign_id for one in clips] == [7, 9]
    assert signs_of_clips(clips, [THANKS]) == [THANKS]


def test_names_that_differ_in_capitals_alone_are_distinguished_by_labels_and_else_refused() -> None:
    letters = [Sign(sign_id=37, word="ح", word_en="Haa"), Sign(sign_id=57, word="ه", word_en="haa")]
    clips = [clip("Haa"), clip("haa")]
    assert [one.sign_id for one in number_clips(clips, letters)] == [37, 57]
    with pytest.raises(UserError, match="“Haa” and “haa”; write it in one way, or tell the signs apart with --labels"):
        signs_of_clips(clips, [])


def test_word_of_two_signs_is_refused() -> None:
    labels = [
        Sign(sign_id=104, word="ميزان", word_en="thermometer"),
        Sign(sign_id=355, word="x", word_en="thermometer"),
    ]
    with pytest.raises(UserError, match="“Thermometer” is the word of the signs 104, 355"):
        number_clips([clip("Thermometer")], labels)


def test_two_words_of_one_number_are_refused() -> None:
    with pytest.raises(UserError, match="calls sign 5 “tea” and “coffee”"):
        signs_of_clips([clip("tea", 5), clip("coffee", 5)], [])


def test_only_a_sheet_in_the_data_set_itself_is_taken(tmp_path: Path) -> None:
    for folder in ("whole", "part"):
        (tmp_path / folder).mkdir()
    sheet = tmp_path / "whole" / "KARSL-502_Labels.xlsx"
    sheet.touch()
    assert find_labels(tmp_path / "whole") == sheet
    assert find_labels(tmp_path / "part") is None
