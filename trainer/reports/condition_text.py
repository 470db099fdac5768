"""An evaluation in several conditions as a table for people and as JSON for programs."""

import json
from dataclasses import asdict

from trainer.evaluation.condition_evaluation import ConditionEvaluation
from trainer.reports.formatting import interval, percent


def to_json(result: ConditionEvaluation) -> str:
    """Return the evaluation as JSON; fractions from 0 to 1, the distance in shoulder widths."""
    conditions = {
        name: asdict(score.accuracy) | {"top1_interval": list(score.accuracy.top1_interval)} | asdict(score.agreement)
        for name, score in result.scores.items()
    }
    return json.dumps({"model": result.title, "conditions": conditions}, indent=1)


def to_table(result: ConditionEvaluation) -> str:
    """Return the evaluation for a terminal."""
    rows = [
        result.description,
        "",
        f"{'':20} {'clips':>6} {'top-1':>8}  {'95 % interval':16} {'top-5':>8} {'hands':>8} {'distance':>9}",
    ]
    for name, score in result.scores.items():
        accuracy, agreement = score.accuracy, score.agreement
        rows.append(
            f"{name:20} {accuracy.count:6} {percent(accuracy.top1):>8}  {interval(accuracy.top1_interval):16} "
            f"{percent(accuracy.top5):>8} {percent(agreement.hands_found):>8} {agreement.distance:9.3f}"
        )
    explanation = (
        "hands: of the hands that are found as recorded, those found at the same place here; distance: of their points "
        "and those of the body, in shoulder widths"
    )
    return "\n".join([*rows, "", explanation])
