"""Tests the line of text that the signs of an utterance compose to."""

import unicodedata

import pytest

from models.composition import Digits, compose, compose_numbers
from models.karsl import karsl_signs
from models.labels import Sign


def signs(texts: str) -> list[Sign]:
    """Return the signs of KArSL with these reviewed Arabic texts, which stand between commas."""
    by_text = {reviewed.word: reviewed for _, reviewed in karsl_signs().values()}
    return [by_text[text.strip()] for text in texts.split(",")]


@pytest.mark.parametrize(
    ("signed", "line"),
    [
        ("م,ح,م,د", "محمد"),
        ("م,م", "مم"),  # a letter that is made twice is doubled
        ("ال,ر,ش,ي,د", "الرشيد"),
        ("ع,لا,ء", "علاء"),
        ("أ,إ,آ,ى", "أإآى"),
        ("ع,ا,ئـ,ش,ة", "عائشة"),  # the sheet's joined form is the same letter
        ("ئـ", "ئ"),
        ("ب", "ب"),
        ("السلام عليكم,م,ن,ى,300,5,20,وجه", "السلام عليكم منى 325 وجه"),
        ("م,وجه,ن", "م وجه ن"),
        ("م,5,ن", "م 5 ن"),
    ],
)
def test_letters_are_joined_and_words_stand_alone(signed: str, line: str) -> None:
    assert compose(signs(signed)) == line
    assert unicodedata.normalize("NFC", line) == line


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ([300, 5, 20], [325]),
        ([5, 20], [25]),
        ([5, 10], [15]),
        ([100, 10], [110]),
        ([100, 5], [105]),
        ([1000], [1000]),
        ([2, 1000], [2000]),
        ([5, 20, 1000, 300, 5, 20], [25_325]),
        ([100, 1000, 6], [100_006]),
        ([3, 1_000_000, 200, 1000, 6], [3_200_006]),
        ([10_000_000, 3, 1_000_000, 5], [13_000_005]),
        ([1000, 1000], [1000, 1000]),
        ([1000, 5, 1000], [1005, 1000]),
        ([5, 5], [5, 5]),
        ([20, 5], [20, 5]),  # Arabic says units before tens
        ([5, 100], [5, 100]),
        ([0, 5], [0, 5]),
        ([5, 0], [5, 0]),
        ([5, 20, 30], [25, 30]),
        ([10, 5], [10, 5]),
        ([100, 200], [100, 200]),
        ([], []),
    ],
)
def test_numbers_follow_the_order_of_speaking(values: list[int], numbers: list[int]) -> None:
    assert compose_numbers(values) == numbers


@pytest.mark.parametrize(("digits", "line"), [("european", "325 7"), ("arabic-indic", "٣٢٥ ٧")])
def test_numbers_have_the_digits_of_the_device(digits: Digits, line: str) -> None:
    assert compose(signs("300,5,20,7"), digits) == line


def test_number_with_a_label_of_the_devices_own() -> None:
    five, twenty = signs("5,20")
    arabic = [five.model_copy(update={"word": "٥"}), twenty.model_copy(update={"word": "٢٠"})]
    assert compose(arabic) == "25"
    assert compose([five.model_copy(update={"word": "خمسة"}), twenty]) == "خمسة 20"


def test_sign_of_no_kind_is_a_word() -> None:
    letter = signs("ب")[0].model_copy(update={"kind": None})
    assert compose([letter, letter]) == "ب ب"
