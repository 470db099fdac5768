import pytest

from landmarkers.take import Provenance
from trainer.data.split import (
    SplitEmpty,
    format_sign_ranges,
    split_by_clip,
    split_by_default,
    split_by_name,
    split_by_signer,
    split_without_validation,
)

PROVENANCES = [
    Provenance(f"{signer}/{split}/{sign}/{clip}", "m", signer, split, sign, variant)
    for signer in ("01", "02", None)
    for split in ("train", "test")
    for sign in (71, 80)
    for clip in range(12)
    for variant in ((0, 1) if split == "train" else (0,))
]


def test_test_clips_are_never_trained_on() -> None:
    for split in (
        split_by_clip(PROVENANCES, 0.2),
        split_by_signer(PROVENANCES, "01", None),
        split_without_validation(PROVENANCES),
    ):
        assert all(PROVENANCES[number].split == "train" for number in split.train)


def test_variants_of_one_clip_are_never_in_both_sets() -> None:
    split = split_by_clip(PROVENANCES, 0.3)
    trained = {PROVENANCES[number].clip for number in split.train}
    validated = {PROVENANCES[number].clip for number in split.validation}
    assert trained
    assert validated
    assert not trained & validated


def test_validation_uses_original_clips_only() -> None:
    assert all(PROVENANCES[number].variant == 0 for number in split_by_clip(PROVENANCES, 0.3).validation)


def test_held_out_clips_do_not_depend_on_the_other_clips() -> None:
    whole, part = split_by_clip(PROVENANCES, 0.3), split_by_clip(PROVENANCES[::-1], 0.3)
    assert {PROVENANCES[n].clip for n in whole.validation} == {PROVENANCES[::-1][n].clip for n in part.validation}


def test_held_out_signer_excludes_takes_of_unknown_signers() -> None:
    split = split_by_signer(PROVENANCES, "01", frozenset({71}))
    trained = {(PROVENANCES[number].signer, PROVENANCES[number].sign_id) for number in split.train}
    assert trained == {("01", 80), ("02", 71), ("02", 80), (None, 80)}
    assert {(PROVENANCES[n].signer, PROVENANCES[n].sign_id) for n in split.validation} == {("01", 71)}


def test_clips_are_held_out_by_name_unless_a_sign_has_no_others() -> None:
    only = [Provenance("only", "m", "01", "train", 99)]
    split = split_by_name([*PROVENANCES, *only], ["01/train/71/*", "only"])
    assert {([*PROVENANCES, *only])[n].clip for n in split.validation} == {f"01/train/71/{clip}" for clip in range(12)}
    assert len(PROVENANCES) in split.train


def test_empty_split_is_refused() -> None:
    with pytest.raises(SplitEmpty, match="no take of signer 09 to hold out; the takes are of 01, 02"):
        split_by_signer(PROVENANCES, "09", None)
    with pytest.raises(SplitEmpty, match="no takes for validation"):
        split_by_clip(PROVENANCES, 1.0)


def test_sign_ranges_are_formatted_as_the_command_line_accepts_them() -> None:
    assert format_sign_ranges({77, 1, 2, 3, 5}) == "1-3,5,77"


def test_validation_clips_of_the_data_set_are_validated_on_unasked_and_never_trained_on() -> None:
    own = [Provenance(f"val/{clip}", "m", "01", "val", 71) for clip in range(3)]
    split = split_by_default([*PROVENANCES, *own])
    assert {([*PROVENANCES, *own])[number].clip for number in split.validation} == {one.clip for one in own}
    for other in (split, split_without_validation([*PROVENANCES, *own]), split_by_clip([*PROVENANCES, *own], 0.2)):
        assert all(([*PROVENANCES, *own])[number].split == "train" for number in other.train)


def test_few_clips_are_all_trained_on_unasked() -> None:
    few = [Provenance(f"{word}/1", "m", None, "train", word) for word in range(3)]
    assert split_by_default(few) == split_without_validation(few)
    assert split_by_default(PROVENANCES) == split_by_clip(PROVENANCES, 0.15)
