"""The kind of a sign in a `labels.json`: optional, and no obstacle for other releases."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.classifier import Candidate, Prediction
from models.labels import Sign, SignKind, labels_json, read_labels

WORD: dict[str, Any] = {"sign_id": 4, "word": "ماء", "word_en": "water"}


def test_kinds_are_written_and_read_where_they_are_known(tmp_path: Path) -> None:
    signs = (Sign(**WORD), Sign(sign_id=5, word="ب", word_en="ba", kind="letter"))
    (tmp_path / "labels.json").write_bytes(labels_json(signs))
    assert read_labels(tmp_path / "labels.json") == signs
    assert [sign.get("kind", "none") for sign in json.loads(labels_json(signs))] == ["none", "letter"]


@pytest.mark.parametrize(("more", "kind"), [({}, None), ({"kind": None}, None), ({"kind": "phrase"}, None)])
def test_labels_of_other_releases_are_read(tmp_path: Path, more: dict[str, Any], kind: str | None) -> None:
    (tmp_path / "labels.json").write_text(json.dumps([WORD | more]))
    (sign,) = read_labels(tmp_path / "labels.json")
    assert (sign.word, sign.kind) == ("ماء", kind)


@pytest.mark.parametrize(("kind", "least"), [(None, 0.6), ("word", 0.6), ("letter", 0.4), ("number", 0.4)])
def test_letters_and_number_signs_need_less_confidence(kind: SignKind | None, least: float) -> None:
    sign = Sign(**WORD, kind=kind)
    for confidence, is_emitted in ((least - 0.01, False), (least + 0.01, True)):
        prediction = Prediction([Candidate(sign, confidence)], no_sign=0.1)
        assert (prediction.above_threshold(0.6) is not None) == is_emitted
