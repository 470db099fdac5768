"""A restricted vocabulary: signs that are not allowed are never said, and rare to the spotter."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from landmarkers.take import Provenance, Take
from models.bundle import Bundle, open_bundle
from models.classifier import Candidate, OnnxClassifier, Prediction
from models.labels import Sign
from models.vocabulary import RARE, expect, restrict, restricted


def predict(probabilities: Sequence[float], no_sign: float) -> Prediction:
    """Return a prediction of signs 0, 1 and so on."""
    signs = [Sign(sign_id=number, word=str(number), word_en=str(number)) for number in range(len(probabilities))]
    candidates = [Candidate(sign, share) for sign, share in zip(signs, probabilities, strict=True)]
    return Prediction(sorted(candidates, key=lambda one: -one.confidence), no_sign)


def shares(prediction: Prediction) -> dict[int, float]:
    return {one.sign.sign_id: one.confidence for one in prediction.candidates}


@pytest.mark.parametrize(
    "prediction",
    [
        predict([0.5, 0.3, 0.1], 0.1),
        predict([0.0, 1.0, 0.0], 0.0),
        predict([0.0, 0.0, 0.0], 1.0),
        predict([0, 0, 1], 0),
    ],
)
def test_only_allowed_signs_are_possible_and_probabilities_add_up(prediction: Prediction) -> None:
    answer = restrict(prediction, {0, 2})
    assert set(shares(answer)) == {0, 2}
    assert sum(shares(answer).values()) + answer.no_sign == pytest.approx(1.0)
    assert answer.best.confidence == max(shares(answer).values())


def test_to_the_spotter_other_signs_are_rare_but_possible() -> None:
    assert expect(predict([0.5, 0.4], 0.1), {1}).best.sign.sign_id == 1
    answer = expect(predict([0.95, 0.03], 0.02), {1})
    assert answer.best.sign.sign_id == 0
    assert sum(shares(answer).values()) + answer.no_sign == pytest.approx(1.0)


def test_a_sign_that_is_confused_with_an_impossible_one_becomes_certain() -> None:
    prediction = predict([0.48, 0.45, 0.02], 0.05)
    assert prediction.above_threshold(0.6) is None
    answer = restrict(prediction, {1, 2}).above_threshold(0.6)
    assert answer is not None
    assert answer.sign.sign_id == 1


@pytest.mark.parametrize(
    "prediction", [predict([0.95, 0.03], 0.02), predict([1.0, 0.0], 0.0), predict([0.3, 0.1], 0.6)]
)
def test_no_allowed_sign_takes_the_place_of_an_impossible_or_unknown_one(prediction: Prediction) -> None:
    answer = restrict(prediction, {1})
    assert answer.above_threshold(0.0) is None
    assert answer.no_sign > 0.5


def test_what_is_certain_stays_as_it_is() -> None:
    answer = restrict(predict([0.97, 0.01], 0.02), {0})
    assert shares(answer)[0] == pytest.approx(0.97 / (0.97 + 0.02 + RARE * 0.01))


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return open_bundle(Path(__file__).parents[2] / "models" / "karsl-230")


def test_the_shipped_model_says_its_probes_sign_or_nothing(shipped: Bundle) -> None:
    take = Take(
        shipped.probe.points, shipped.probe.times.astype(float), Provenance("probe", shipped.manifest.landmarker)
    )
    classifier = OnnxClassifier(shipped)
    sign = classifier.classify(take).best.sign.sign_id
    others = {one.sign_id for one in shipped.signs} - {sign}
    threshold = shipped.manifest.calibration.threshold
    said = restricted(classifier, {sign, min(others)}).classify(take).above_threshold(threshold)
    assert said is not None
    assert said.sign.sign_id == sign
    assert restricted(classifier, others).classify(take).above_threshold(threshold) is None
    assert restricted(classifier, None) is classifier
