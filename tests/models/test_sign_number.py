import pytest

from models.labels import Sign
from models.sign_number import FIRST_WORD_NUMBER, MAX_SIGN_NUMBER, WordInvisible, normalise_word, number_of_word


def test_number_of_a_word_is_the_same_in_every_release() -> None:
    """Takes and models on disk hold it."""
    assert number_of_word("شكرا") == 1609645246
    assert number_of_word("Coffee") == 448600174


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("شكرا", "  شكرا\t"),
        ("شكرا", "ﺷﻜﺮا"),  # presentation forms, as PDF files hold them
        ("شكرا", "\u200fشكرا\u200f"),
        ("آسف", "ا\u0653سف"),  # decomposed, as macOS names folders
        ("قصبة هوائية", "قصبة \u00a0 هوائية"),
        ("Coffee", "COFFEE"),
        ("Straße", "STRASSE"),
    ],
)
def test_one_word_has_one_number_however_it_is_written(one: str, other: str) -> None:
    assert number_of_word(one) == number_of_word(other)


@pytest.mark.parametrize(("one", "other"), [("شكرا", "شكراً"), ("اب", "أب"), ("tea", "tee"), ("a b", "ab")])
def test_different_words_have_different_numbers(one: str, other: str) -> None:
    assert number_of_word(one) != number_of_word(other)


def test_numbers_are_beyond_those_given_by_hand_and_fit_a_label() -> None:
    numbers = {number_of_word(f"word {count}") for count in range(2000)}
    assert len(numbers) == 2000
    assert FIRST_WORD_NUMBER <= min(numbers) < max(numbers) <= MAX_SIGN_NUMBER
    assert Sign(sign_id=MAX_SIGN_NUMBER, word="ماء", word_en="Water").sign_id == MAX_SIGN_NUMBER


@pytest.mark.parametrize("word", ["", " ", "\u200f", "\u200b\u200d"])
def test_word_without_anything_to_see_is_refused(word: str) -> None:
    assert normalise_word(word) == ""
    with pytest.raises(WordInvisible, match="nothing of it can be seen"):
        number_of_word(word)
