import numpy as np
import pytest
import torch

from landmarkers.take import Provenance
from models.labels import Sign
from trainer.evaluation.calibrate import fit_temperature
from trainer.evaluation.metrics import (
    Confusion,
    evaluate,
    expected_calibration_error,
    reliability,
    seed_interval,
    wilson_interval,
)

SIGNS = [
    Sign(sign_id=3, word="٣", word_en="3", kind="number"),
    Sign(sign_id=40, word="ذ", word_en="thal", kind="letter"),
    Sign(sign_id=71, word="هيكل", word_en="skeleton", kind="word"),
]


def provenance(sign_id: int, signer: str) -> Provenance:
    return Provenance("c", "m", signer, "test", sign_id)


def test_scores_are_counted_by_signer_sign_and_group() -> None:
    probabilities = np.array(
        [[0.7, 0.1, 0.1, 0.1], [0.6, 0.3, 0.1, 0.0], [0.1, 0.1, 0.7, 0.1], [0.1, 0.1, 0.1, 0.7]], np.float32
    )
    provenances = [provenance(3, "01"), provenance(40, "01"), provenance(71, "02"), provenance(71, "02")]
    result = evaluate(probabilities, SIGNS, provenances)
    assert result.overall.top1 == 0.5
    assert result.overall.top5 == 1.0
    assert {signer: score.top1 for signer, score in result.by_signer.items()} == {"01": 0.5, "02": 0.5}
    assert {sign: score.top1 for sign, score in result.by_sign.items()} == {3: 1.0, 40: 0.0, 71: 0.5}
    assert {group: score.count for group, score in result.by_group.items()} == {"numbers": 1, "letters": 1, "words": 2}
    assert result.no_sign_count == 1


def test_confusions_are_counted_the_most_frequent_first() -> None:
    as_3, as_71, as_no_sign = [0.9, 0.0, 0.1, 0.0], [0.1, 0.0, 0.9, 0.0], [0.1, 0.0, 0.0, 0.9]
    probabilities = np.array([as_71, as_no_sign, as_3, as_3, as_71], np.float32)
    result = evaluate(probabilities, SIGNS, [provenance(sign, "01") for sign in (3, 3, 40, 40, 71)])
    assert result.confusions == (Confusion(40, 3, 2), Confusion(3, None, 1), Confusion(3, 71, 1))


@pytest.mark.parametrize(
    ("fraction", "count", "low", "high"),
    [(0.0, 10, 0.0, 0.2775), (0.8, 10, 0.4902, 0.9433), (1.0, 10, 0.7225, 1.0), (0.5, 100, 0.4038, 0.5962)],
)
def test_intervals_are_wilsons(fraction: float, count: int, low: float, high: float) -> None:
    assert wilson_interval(fraction, count) == pytest.approx((low, high), abs=1e-4)


def test_score_has_intervals() -> None:
    probabilities = np.tile(np.array([0.7, 0.2, 0.1, 0.0], np.float32), (10, 1))
    result = evaluate(probabilities, SIGNS, [provenance(3 if n < 8 else 40, "01") for n in range(10)])
    assert result.overall.top1_interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert result.overall.top5_interval == pytest.approx((0.7225, 1.0), abs=1e-4)


def test_predictions_are_binned_by_confidence() -> None:
    confidence = np.array([0.12, 0.18, 0.97, 0.99, 1.0, 1.0], np.float32)
    bins = reliability(confidence, np.array([False, True, True, True, True, False]))
    assert [(round(one.confidence, 3), one.accuracy, one.count) for one in bins] == [(0.15, 0.5, 2), (0.99, 0.75, 4)]


def test_numbers_of_signs_tell_no_kind() -> None:
    unlabelled = [Sign(sign_id=sign.sign_id, word=f"كلمة{sign.sign_id}", word_en="own word") for sign in SIGNS]
    probabilities = np.tile(np.array([0.7, 0.2, 0.1, 0.0], np.float32), (3, 1))
    provenances = [provenance(sign.sign_id, "01") for sign in SIGNS]
    assert evaluate(probabilities, unlabelled, provenances).by_group == {}
    groups = evaluate(probabilities, [SIGNS[0], *unlabelled[1:]], provenances).by_group
    assert {group: score.count for group, score in groups.items()} == {"numbers": 1, "other signs": 2}


def test_a_sign_with_the_number_0_is_not_taken_for_no_sign() -> None:
    signs = [Sign(sign_id=number, word=f"كلمة{number}", word_en=f"word {number}") for number in (0, 1)]
    probabilities = np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0]], np.float32)
    result = evaluate(probabilities, signs, [provenance(0, "01"), provenance(1, "01")])
    assert (result.overall.top1, result.no_sign_count) == (0.5, 0)
    assert result.confusions == (Confusion(1, 0, 1),)
    assert result.by_threshold[0].coverage == 1.0


def test_overconfidence_is_measured() -> None:
    confidence = np.full(100, 0.95, np.float32)
    correct = np.arange(100) < 50
    assert expected_calibration_error(reliability(confidence, correct)) == pytest.approx(0.45, abs=1e-6)
    assert expected_calibration_error(reliability(confidence, np.arange(100) < 95)) == pytest.approx(0.0, abs=1e-6)


def test_temperature_corrects_overconfidence() -> None:
    torch.manual_seed(0)
    truth = torch.randint(0, 5, (4000,))
    calibrated = torch.randn(4000, 5) + 2.0 * torch.nn.functional.one_hot(truth, 5)
    assert fit_temperature(calibrated * 3.0, truth) / fit_temperature(calibrated, truth) == pytest.approx(3.0, rel=0.05)


@pytest.mark.parametrize(("clips", "lowest", "highest"), [(1, 0.8, 1.0), (3, 0.8, 1.0), (3000, 0.1, 0.5)])
def test_few_predictions_that_are_all_right_do_not_make_a_network_certain(
    clips: int, lowest: float, highest: float
) -> None:
    logits = torch.tensor([[4.0, 0.0, 0.0]]).expand(clips, 3)
    assert lowest < fit_temperature(logits, torch.zeros(clips, dtype=torch.int64)) < highest


def test_interval_over_seeds_is_students_and_one_seed_has_none() -> None:
    assert seed_interval([0.9]) is None
    assert seed_interval([0.90, 0.92, 0.94, 0.96, 0.98]) == pytest.approx((0.9007, 0.9793), abs=1e-4)
    assert seed_interval([0.5, 1.0]) == (0.0, 1.0)


def test_no_sign_and_low_confidence_are_not_emitted() -> None:
    confident, unsure, no_sign, wrong = (
        [0.9, 0.0, 0.1, 0.0],
        [0.45, 0.3, 0.25, 0.0],
        [0.1, 0.0, 0.0, 0.9],
        [0.1, 0.2, 0.7, 0.0],
    )
    probabilities = np.array([confident, unsure, no_sign, wrong], np.float32)
    result = evaluate(probabilities, SIGNS, [provenance(3, "01")] * 4)
    emitted = {one.threshold: (one.coverage, one.wrong) for one in result.by_threshold}
    assert emitted[0.0] == (0.75, 0.25)
    assert emitted[0.5] == (0.5, 0.25)
    assert emitted[0.8] == (0.25, 0.0)
    assert result.nll == pytest.approx(-np.log([0.9, 0.45, 0.1, 0.1]).mean(), abs=1e-6)


def test_scores_are_named_and_signs_that_are_certainly_bad_come_first() -> None:
    as_3, as_40, as_71 = [0.9, 0.05, 0.05, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]
    predictions = [as_3, as_3, *[as_3] * 3, as_71, *[as_40] * 20]
    signs = [3, 40, *[71] * 4, *[40] * 20]
    signers = ["02", "02", *["01"] * 24]
    provenances = [provenance(sign, signer) for sign, signer in zip(signs, signers, strict=True)]
    result = evaluate(np.array(predictions, np.float32), SIGNS, provenances)
    names = ["all", "signer 01", "signer 02", "letters", "numbers", "words"]
    assert list(result.named_scores) == names
    assert result.wrong_signs == (71, 40)
    alone = evaluate(
        np.array([as_3, *[as_3] * 15, *[as_71] * 5], np.float32),
        SIGNS,
        [provenance(40, "01"), *[provenance(71, "01")] * 20],
    )
    assert alone.wrong_signs == (71, 40)  # one of one may be bad luck
