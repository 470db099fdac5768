from models.labels import Sign
from trainer.data.sign_names import name_signs

WORDS = {number: Sign(sign_id=number, word=f"كلمة{number}", word_en=f"word {number}") for number in range(1, 13)}


def test_a_few_signs_are_named_and_many_counted_in_ranges() -> None:
    assert name_signs({2, 1}, WORDS) == "1 · كلمة1 (word 1); 2 · كلمة2 (word 2)"
    assert name_signs(set(WORDS), WORDS) == "1-12"
    assert name_signs({2, 77}, WORDS) == "2 · كلمة2 (word 2); 77"
    assert name_signs(set(), WORDS) == ""


def test_numbers_that_follow_from_words_are_not_listed_in_ranges() -> None:
    signs = {number: Sign(sign_id=number, word="ماء", word_en="ماء") for number in range(1 << 20, 1 << 30, 1 << 26)}
    named = name_signs(set(signs), signs, most=2)
    mark = "\N{LEFT-TO-RIGHT MARK}"
    assert named == f"1048576 · ماء{mark}; 68157440 · ماء{mark}; and {len(signs) - 2} more"
