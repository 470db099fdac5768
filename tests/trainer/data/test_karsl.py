"""Signs and clips that are taken for KArSL's, and those that are not."""

from pathlib import Path

import pytest

from landmarkers.take import Provenance
from models.bundle import open_bundle
from models.labels import Sign
from trainer.data.karsl import SIGNS, is_karsl_clip, is_karsl_sign, kind_of
from trainer.data.label_file import read_label_file

TRACHEA = Sign(sign_id=76, word="قصبة هوائية", word_en="Trachea")


def test_every_row_of_the_official_sheet_is_karsls(karsl: Path) -> None:
    signs = read_label_file(karsl / "karsl-502" / "KARSL-502_Labels.xlsx")
    assert len(signs) == SIGNS
    assert all(map(is_karsl_sign, signs))
    kinds = [sign.kind for sign in signs]  # which extraction writes into the takes' labels.json
    assert kinds == ["number"] * 31 + ["letter"] * 39 + ["word"] * 432


def test_a_sheet_of_the_same_form_has_no_kinds_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("SignID,Sign-Arabic,Sign-English\n1,ماء,water\n40,شاي,tea\n", encoding="utf-8")
    assert [sign.kind for sign in read_label_file(tmp_path / "labels.csv")] == [None, None]


def test_the_shipped_model_has_karsls_signs_and_their_kinds_without_a_word_about_kinds() -> None:
    signs = open_bundle(Path(__file__).parents[3] / "models" / "karsl-190").signs
    assert all(map(is_karsl_sign, signs))
    assert {sign.kind for sign in signs} == {None}
    assert [kind_of(sign) for sign in signs] == ["number"] * 31 + ["letter"] * 39 + ["word"] * 120


@pytest.mark.parametrize(
    "sign",
    [
        TRACHEA.model_copy(update={"sign_id": 77}),
        TRACHEA.model_copy(update={"word": "ماء"}),
        TRACHEA.model_copy(update={"word_en": "Water"}),
        Sign(sign_id=0, word="0", word_en="0"),
        Sign(sign_id=1, word="ماء", word_en="water"),
        Sign(sign_id=503, word="ماء", word_en="water"),
        Sign(sign_id=2**31 - 1, word="ماء", word_en="water"),
    ],
)
def test_a_number_alone_makes_no_sign_karsls(sign: Sign) -> None:
    assert not is_karsl_sign(sign)
    assert kind_of(sign) is None
    assert kind_of(sign.model_copy(update={"kind": "letter"})) == "letter"


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
    assert not is_karsl_clip(TRACHEA.model_copy(update={"word": "ماء"}), provenance)
