"""Confusions in a report: a matrix of the worst signs, and every pair."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from models.labels import Sign
from trainer.evaluation.metrics import Evaluation
from trainer.reports import html
from trainer.reports.sign_labels import sign_cells, sign_label

_MAX_ROWS: Final = 20


def confusion_section(evaluation: Evaluation, signs: Mapping[int, Sign]) -> list[Markup]:
    """Return the wrong predictions, or a sentence if there are none."""
    if not evaluation.confusions:
        return [html.paragraph("Every clip was classified correctly.")]
    rows = [
        [
            *sign_cells(one.sign_id, signs),
            *sign_cells(one.predicted, signs),
            str(one.count),
            str(evaluation.by_sign[one.sign_id].count),
        ]
        for one in evaluation.confusions
    ]
    head = ["sign", "word", "in English", "classified as", "word", "in English", "times", "of"]
    wrong = sum(one.count for one in evaluation.confusions)
    return [
        html.paragraph(
            f"{wrong} of {evaluation.overall.count} clips were classified wrongly, {evaluation.no_sign_count} of them "
            "as no sign."
        ),
        html.paragraph(f"Rows: the worst signs, at most {_MAX_ROWS}. Columns: their predictions, blue if correct."),
        _matrix(evaluation, signs),
        html.details(f"All {len(rows)} pairs, the most frequent first", [html.table(head, rows, (0, 3, 6, 7))]),
    ]


def _matrix(evaluation: Evaluation, signs: Mapping[int, Sign]) -> Markup:
    worst = evaluation.wrong_signs[:_MAX_ROWS]
    counts = {(one.sign_id, one.predicted): one.count for one in evaluation.confusions}
    counts |= {(sign, sign): round(score.top1 * score.count) for sign, score in evaluation.by_sign.items()}
    predicted = {other for (sign, other), count in counts.items() if sign in worst and count}
    columns = sorted(predicted, key=lambda sign: (sign is None, sign))
    return html.matrix(
        [sign_label(sign, signs) for sign in worst],
        [sign_label(sign, signs) for sign in columns],
        [[counts.get((sign, column), 0) for column in columns] for sign in worst],
    )
