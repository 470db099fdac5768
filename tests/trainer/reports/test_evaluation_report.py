import json
import re

import numpy as np

from landmarkers.take import Provenance
from models.labels import Sign
from trainer.evaluation.evaluation import EvaluationResult
from trainer.evaluation.metrics import evaluate
from trainer.reports.evaluation_report import to_html
from trainer.reports.evaluation_text import to_json, to_table

SIGNS = (
    Sign(sign_id=71, word="هيكل عظمي", word_en="Skeleton"),
    Sign(sign_id=76, word="قصبة هوائية", word_en="Trachea"),
)


def result(*predictions: tuple[int, str, list[float]]) -> EvaluationResult:
    """Evaluates takes given as sign, signer and the probabilities of 71, 76 and no sign."""
    provenances = [Provenance("c", "m", signer, "test", sign) for sign, signer, _ in predictions]
    probabilities = np.array([answer for _, _, answer in predictions], np.float32)
    return EvaluationResult("karsl@1", ("On clips.",), {}, evaluate(probabilities, SIGNS, provenances), SIGNS)


MIXED = result(
    (71, "01", [0.9, 0.1, 0.0]),
    (71, "02", [0.2, 0.8, 0.0]),
    (71, "02", [0.3, 0.7, 0.0]),
    (76, "02", [0.1, 0.0, 0.9]),
)


def lines(html: str) -> list[str]:
    """The rows of the report's tables as text."""
    return [re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", row)).strip() for row in re.findall("<tr>.*?</tr>", html)]


def test_report_names_confused_signs_in_words() -> None:
    shown = lines(to_html(MIXED))
    assert "71 هيكل عظمي Skeleton 76 قصبة هوائية Trachea 2 3" in shown
    assert "76 قصبة هوائية Trachea no sign 1 1" in shown


def test_matrix_has_the_worst_sign_first_and_includes_correct_predictions() -> None:
    shown = lines(to_html(MIXED))
    start = shown.index("71 · هيكل عظمي 76 · قصبة هوائية no sign")
    assert shown[start + 1 : start + 3] == ["71 · هيكل عظمي 1 2", "76 · قصبة هوائية 1"]


def test_report_shows_the_interval_of_every_score() -> None:
    assert "signer 02 3 0.0 % 0.0 to 56.1 % 100.0 % 43.9 to 100.0 %" in lines(to_html(MIXED))


def test_report_without_a_wrong_prediction_says_so() -> None:
    assert "Every clip was classified correctly." in to_html(result((71, "01", [1.0, 0.0, 0.0])))


def test_table_names_the_wrong_predictions_of_a_sign() -> None:
    shown = to_table(MIXED)
    as_trachea = "هيكل عظمي (Skeleton), classified as 76 · قصبة هوائية (Trachea) 2 times"
    assert re.search(rf"sign 71 .* {re.escape(as_trachea)}\n", shown)
    assert re.search(r"sign 76 .* \(Trachea\), classified as no sign once$", shown)
    assert "signs with a wrong prediction: 2 of 2" in shown


def test_json_names_signs_by_their_words() -> None:
    content = json.loads(to_json(MIXED))
    assert (content["by_sign"]["76"]["word"], content["by_sign"]["76"]["word_en"]) == ("قصبة هوائية", "Trachea")
    assert content["confusions"] == [
        {"sign_id": 71, "predicted": 76, "count": 2, "word": "هيكل عظمي", "predicted_word": "قصبة هوائية"},
        {"sign_id": 76, "predicted": None, "count": 1, "word": "قصبة هوائية", "predicted_word": None},
    ]
