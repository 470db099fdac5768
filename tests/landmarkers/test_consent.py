import json
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from landmarkers.consent import Consent, Purpose, Said
from landmarkers.person import read_person
from landmarkers.take import Provenance, StoredTake, TakeDamaged, read_provenance
from tests.synthetic_takes import make_take

ASKED: dict[str, Any] = {
    "person": "مريم",
    "asked_by": "Reception",
    "asked_at": "2026-11-29T17:00:00Z",
    "purpose": "training",
    "words": "May we keep your signs?",
    "days": 30,
}
SAID = Said(sign_id=76, word="قصبة هوائية", confidence=0.93, model="karsl-230@3")


def test_copied_take_carries_its_consent_and_what_the_model_said(tmp_path: Path) -> None:
    consent = Consent.model_validate(ASKED)
    provenance = Provenance("a", "synthetic", "مريم", "train", 75, consent=consent, said=SAID)
    make_take(provenance=provenance).save(tmp_path / "a.take.npz")
    (tmp_path / "b.take.npz").write_bytes((tmp_path / "a.take.npz").read_bytes())
    for found in (read_provenance(tmp_path / "b.take.npz"), StoredTake.load(tmp_path / "b.take.npz").provenance):
        assert (found.consent, found.said, found.signer) == (consent, SAID, "مريم")
    assert consent.purpose is Purpose.TRAINING
    assert consent.expires_at == datetime(2026, 12, 29, 17, tzinfo=UTC)


def test_take_without_consent_is_written_as_ever(tmp_path: Path) -> None:
    make_take().save(tmp_path / "a.take.npz")
    content = read_provenance(tmp_path / "a.take.npz").as_content()
    assert list(content) == ["clip", "landmarker", "signer", "split", "sign_id", "variant"]


def test_two_consents_have_two_numbers() -> None:
    assert Consent.model_validate(ASKED).consent_id != Consent.model_validate(ASKED).consent_id


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("person", "a@b.example"),
        ("consent_id", "../../etc"),
        ("asked_at", "0001-01-01T00:00:00+23:59"),
        ("asked_at", "9999-12-31T00:00:00Z"),
        ("purpose", "advertising"),
        ("days", 0),
        ("days", 10**9),
        ("words", "\u200b"),
        ("asked_by", ""),
    ],
)
def test_take_with_a_wrong_consent_is_refused_by_name(tmp_path: Path, key: str, value: object) -> None:
    content = Consent.model_validate(ASKED).model_dump(mode="json") | {key: value}
    consent = Consent.model_construct(**content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic warns of what this test writes
        make_take(provenance=Provenance("a", "synthetic", consent=consent)).save(tmp_path / "a.take.npz")
    with pytest.raises(TakeDamaged, match=f"a.take.npz is not a readable take: consent.{key}"):
        read_provenance(tmp_path / "a.take.npz")


@pytest.mark.parametrize("name", ["مريم", "محمّد علي", "P. O'Neil-3", "participant_7", "7"])
def test_name_or_pseudonym_is_a_person(name: str) -> None:
    assert read_person(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "labels.json",
        "a@b.example",
        "../up",
        "a/b",
        ".hidden",
        "-v",
        "a" * 41,
        "a\x00b",
        "a\u202eb",
        "\u0651",
        "a,b",
    ],
)
def test_address_or_path_is_no_person(name: str) -> None:
    with pytest.raises(ValueError, match="a person has a name or pseudonym"):
        read_person(name)


def test_said_is_bounded() -> None:
    with pytest.raises(ValidationError):
        Said.model_validate_json(json.dumps({"sign_id": 1, "word": "a", "confidence": 1.2, "model": "m@1"}))
