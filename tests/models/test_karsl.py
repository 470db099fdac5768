"""Signs that are taken for KArSL's are shown by their reviewed words, wherever they come from."""

from pathlib import Path

import pytest

from models.bundle import open_bundle
from models.joined_labels import LabelsDiffer, join_signs
from models.karsl import is_karsl_sign, karsl_signs, review
from models.labels import Sign

SKULL = Sign(sign_id=72, word="جمجة", word_en="skull")  # as the official sheet has it
SHOWN = Sign(sign_id=72, word="جمجمة", word_en="skull", kind="word")


def test_signs_have_the_words_of_the_sheet_and_the_reviewed_ones() -> None:
    official, reviewed = zip(*karsl_signs().values(), strict=True)
    assert len(official) == 502
    assert all(map(is_karsl_sign, official + reviewed))
    assert tuple(map(review, official)) == tuple(map(review, reviewed)) == reviewed
    assert review(SKULL) == SHOWN


def test_a_kind_that_is_stated_stays() -> None:
    assert review(SKULL.model_copy(update={"kind": "letter"})).kind == "letter"


def test_the_shipped_model_has_karsls_signs() -> None:
    signs = open_bundle(Path(__file__).parents[2] / "models" / "karsl-230").signs
    assert all(map(is_karsl_sign, signs))
    assert [review(sign).kind for sign in signs] == ["number"] * 31 + ["letter"] * 39 + ["word"] * (len(signs) - 70)


@pytest.mark.parametrize(
    "sign",
    [
        SKULL.model_copy(update={"sign_id": 77}),
        SKULL.model_copy(update={"word": "ماء"}),
        SKULL.model_copy(update={"word_en": "Water"}),
        Sign(sign_id=0, word="0", word_en="0"),
        Sign(sign_id=1, word="ماء", word_en="water"),
        Sign(sign_id=503, word="ماء", word_en="water"),
        Sign(sign_id=2**31 - 1, word="ماء", word_en="water"),
    ],
)
def test_a_number_alone_makes_no_sign_karsls(sign: Sign) -> None:
    assert not is_karsl_sign(sign)
    assert review(sign) == sign


@pytest.mark.parametrize("sources", [(SKULL, SHOWN), (SHOWN, SKULL), (SKULL,)])
def test_words_from_before_the_review_are_joined_with_later_ones(sources: tuple[Sign, ...]) -> None:
    assert join_signs([(f"source {number}", [sign]) for number, sign in enumerate(sources)]) == {72: SHOWN}


def test_another_word_for_karsls_number_is_still_refused() -> None:
    water = Sign(sign_id=72, word="ماء", word_en="water")
    with pytest.raises(LabelsDiffer, match="sign 72 is “جمجمة” in the model and “ماء” in mine"):
        join_signs([("the model", [SKULL]), ("mine", [water])])
