"""Clips that are taken for KArSL's, and those that are not; the kinds of the official sheet's signs."""

from pathlib import Path

import pytest

from landmarkers.take import Provenance
from models.karsl import LABEL_SET, is_karsl_sign, karsl_signs, review
from models.labels import Sign
from trainer.data.karsl import is_karsl_clip
from trainer.data.label_file import read_label_file

TRACHEA = Sign(sign_id=76, word="قصبة هوائية", word_en="Trachea")


def test_every_row_of_the_official_sheet_is_karsls(karsl: Path) -> None:
    signs = read_label_file(karsl / "karsl-502" / "KARSL-502_Labels.xlsx")
    assert len(signs) == 502
    assert all(map(is_karsl_sign, signs))
    kinds = [sign.kind for sign in signs]  # which extraction writes into the takes' labels.json
    assert kinds == ["number"] * 31 + ["letter"] * 39 + ["word"] * 432


def test_the_reviewed_words_can_be_read_as_a_file_of_labels() -> None:
    assert read_label_file(LABEL_SET) == tuple(reviewed for _, reviewed in karsl_signs().values())


def test_a_sheet_of_the_same_form_has_no_kinds_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("SignID,Sign-Arabic,Sign-English\n1,ماء,water\n40,شاي,tea\n", encoding="utf-8")
    assert [sign.kind for sign in read_label_file(tmp_path / "labels.csv")] == [None, None]


@pytest.mark.parametrize(
    ("clip", "signer", "expected"),
    [
        ("02/02/train/0076/a", "02", True),
        ("0076", None, True),
        ("0077", None, False),
        ("20261122-160000", None, False),
        ("p3/train/76/a", "p3", False),
    ],
)
def test_a_clip_is_karsls_by_its_sign_and_signer(clip: str, signer: str | None, *, expected: bool) -> None:
    provenance = Provenance(clip, "m", signer, "train", 76)
    assert is_karsl_clip(TRACHEA, provenance) is expected
    assert is_karsl_clip(review(TRACHEA), provenance) is expected
    assert not is_karsl_clip(TRACHEA.model_copy(update={"word": "ماء"}), provenance)
