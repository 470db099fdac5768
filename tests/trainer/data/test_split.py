import pytest

from landmarkers.take import Provenance
from trainer.data.split import (
    SplitEmpty,
    format_sign_ranges,
    split_by_clip,
    split_by_name,
    split_by_signer,
    split_without_validation,
)

ORIGINS = [
    Provenance(f"{signer}/{split}/{sign}/{clip}", "m", signer, split, sign, variant)
    for signer in ("01", "02", None)
    for split in ("train", "test")
    for sign in (71, 80)
    for clip in range(12)
    for variant in ((0, 1) if split == "train" else (0,))
]


def test_test_clips_are_never_learned_from() -> None:
    for split in (
        split_by_clip(ORIGINS, 0.2),
        split_by_signer(ORIGINS, "01", frozenset()),
        split_without_validation(ORIGINS),
    ):
        assert all(ORIGINS[number].split == "train" for number in split.train)


def test_views_of_one_clip_never_stand_on_both_sides() -> None:
    split = split_by_clip(ORIGINS, 0.3)
    learned = {ORIGINS[number].clip for number in split.train}
    judged = {ORIGINS[number].clip for number in split.validation}
    assert learned
    assert judged
    assert not learned & judged


def test_one_is_judged_by_clips_as_they_were_recorded() -> None:
    assert all(ORIGINS[number].variant == 0 for number in split_by_clip(ORIGINS, 0.3).validation)


def test_the_same_clips_are_held_out_whatever_else_there_is() -> None:
    whole, part = split_by_clip(ORIGINS, 0.3), split_by_clip(ORIGINS[::-1], 0.3)
    assert {ORIGINS[n].clip for n in whole.validation} == {ORIGINS[::-1][n].clip for n in part.validation}


def test_a_signer_left_out_is_left_out_with_his_unknown_doubles() -> None:
    split = split_by_signer(ORIGINS, "01", frozenset({71}))
    learned = {(ORIGINS[number].signer, ORIGINS[number].sign_id) for number in split.train}
    assert learned == {("01", 80), ("02", 71), ("02", 80), (None, 80)}
    assert {(ORIGINS[n].signer, ORIGINS[n].sign_id) for n in split.validation} == {("01", 71)}


def test_clips_are_held_out_by_name_unless_they_are_all_that_a_sign_has() -> None:
    only = [Provenance("only", "m", "01", "train", 99)]
    split = split_by_name([*ORIGINS, *only], ["01/train/71/*", "only"])
    assert {([*ORIGINS, *only])[n].clip for n in split.validation} == {f"01/train/71/{clip}" for clip in range(12)}
    assert len(ORIGINS) in split.train


def test_a_split_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(SplitEmpty, match="judge by"):
        split_by_signer(ORIGINS, "09", frozenset())
    with pytest.raises(SplitEmpty, match="judge by"):
        split_by_clip(ORIGINS, 1.0)


def test_signs_are_listed_as_a_user_lists_them() -> None:
    assert format_sign_ranges({77, 1, 2, 3, 5}) == "1-3,5,77"
