"""Tests of the shipped bundle as users get it."""

import json
from pathlib import Path

import pytest

from edge.demo.tour import TAKES
from landmarkers.take import TAKE_SUFFIX, Take
from landmarkers.tracking import FINGERPRINT
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.karsl import review

FOLDER = Path(__file__).parents[1] / "models" / "karsl-230"


@pytest.fixture(scope="module")
def classifier() -> OnnxClassifier:
    return OnnxClassifier(open_bundle(FOLDER))


def test_it_has_230_signs_by_their_reviewed_words_and_about_3_mb() -> None:
    bundle = open_bundle(FOLDER)
    signs = {sign.sign_id: sign for sign in bundle.signs}
    assert len(signs) == 230
    assert set(range(1, 191)) < set(signs)
    assert all(review(sign) == sign for sign in bundle.signs)
    assert [signs[number].word_en for number in (289, 293, 497)] == ["welcome", "thanks", "doctor"]
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 3_050_000


def test_it_was_trained_with_this_landmarker() -> None:
    assert open_bundle(FOLDER).manifest.landmarker == FINGERPRINT


def test_card_states_figures_limits_and_terms() -> None:
    card = (FOLDER / "README.md").read_text()
    for promised in ("signer 01", "signer 02", "signer 03", "held out", "no sign", "## Limits", "research use"):
        assert promised in card
    for accuracy in json.loads((FOLDER / "manifest.json").read_text())["accuracy"]:
        assert f"| all | {accuracy['count']} | {accuracy['top1']:.1%} |" in card


@pytest.mark.parametrize("path", sorted(TAKES.glob(f"*{TAKE_SUFFIX}")), ids=lambda path: path.name.split(".")[0])
def test_it_recognises_the_shipped_takes(classifier: OnnxClassifier, path: Path) -> None:
    take = Take.load(path)
    assert classifier.classify(take).best.sign.sign_id == take.provenance.sign_id


def test_takes_are_shipped() -> None:
    assert len(list(TAKES.glob(f"*{TAKE_SUFFIX}"))) >= 5
