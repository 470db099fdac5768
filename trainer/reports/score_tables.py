"""Tables of scores in a report."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from models.labels import Sign
from trainer.evaluation.metrics import Evaluation, Score
from trainer.reports import html
from trainer.reports.formatting import interval, percent
from trainer.reports.sign_labels import sign_label

ABOUT_INTERVALS: Final = (
    "The intervals are Wilson's, at 95 %, and treat every clip as an independent trial. Clips of one signer resemble "
    "each other, so the intervals say nothing about other signers."
)


def score_table(named: Mapping[str, Score], first: str = "clips") -> Markup:
    """Return scores by name, with their intervals."""
    head = [first, "count", "top-1", "95 % interval", "", "top-5", "95 % interval"]
    rows = [
        [
            name,
            str(score.count),
            percent(score.top1),
            interval(score.top1_interval),
            html.interval_bar(score.top1, *score.top1_interval),
            percent(score.top5),
            interval(score.top5_interval),
        ]
        for name, score in named.items()
    ]
    return html.table(head, rows, numeric=(1, 2, 3, 5, 6))


def sign_table(evaluation: Evaluation, signs: Mapping[int, Sign]) -> Markup:
    """Return the score of every sign, collapsed."""
    worst_first = sorted(evaluation.by_sign.items(), key=lambda item: (item[1].top1, item[1].top5, item[0]))
    scores: dict[str, Score] = {sign_label(sign, signs): score for sign, score in worst_first}
    return html.details(f"{len(evaluation.by_sign)} signs, the worst first", [score_table(scores, "sign")])
