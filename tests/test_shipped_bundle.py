"""Tests of the shipped bundle as users get it."""

import json
from pathlib import Path

import pytest

from edge.demo.__main__ import TAKES
from landmarkers.take import TAKE_SUFFIX, Take
from landmarkers.tracking import FINGERPRINT
from models.bundle import open_bundle
from models.classifier import OnnxClassifier

FOLDER = Path(__file__).parents[1] / "models" / "karsl-190"


@pytest.fixture(scope="module")
def classifier() -> OnnxClassifier:
    return OnnxClassifier(open_bundle(FOLDER))


def test_it_has_signs_1_to_190_and_at_most_3_mb() -> None:
    bundle = open_bundle(FOLDER)
    assert [sign.sign_id for sign in bundle.signs] == list(range(1, 191))
    assert {sign.sign_id: sign.word for sign in bundle.signs}[76] == "قصبة هوائية"
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 3_000_000


def test_it_was_trained_with_this_landmarker() -> None:
    assert open_bundle(FOLDER).manifest.landmarker == FINGERPRINT


def test_card_states_figures_limits_and_terms() -> None:
    card = (FOLDER / "README.md").read_text()
    for promised in ("signer 01", "signer 02", "signer 03", "71-76", "held out", "## Limits", "research use"):
        assert promised in card
    for accuracy in json.loads((FOLDER / "manifest.json").read_text())["accuracy"]:
        assert f"| all | {accuracy['count']} | {accuracy['top1']:.1%} |" in card


@pytest.mark.parametrize("path", sorted(TAKES.glob(f"*{TAKE_SUFFIX}")), ids=lambda path: path.name.split(".")[0])
def test_it_recognises_the_shipped_takes_of_test_clips(classifier: OnnxClassifier, path: Path) -> None:
    take = Take.load(path)
    assert take.provenance.split == "test"
    assert classifier.classify(take).best.sign.sign_id == take.provenance.sign_id


def test_takes_are_shipped() -> None:
    assert len(list(TAKES.glob(f"*{TAKE_SUFFIX}"))) >= 5
