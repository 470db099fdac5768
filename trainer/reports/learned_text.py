"""The gain of a device that is taught signs, as a table for people and as JSON for programs."""

import json
from dataclasses import asdict

from trainer.evaluation.learned_signs import LearningEvaluation
from trainer.reports.formatting import interval, percent


def to_json(result: LearningEvaluation) -> str:
    """Return the evaluation as JSON; fractions from 0 to 1."""
    return json.dumps(asdict(result), indent=1)


def to_table(result: LearningEvaluation) -> str:
    """Return the evaluation for a terminal."""
    rows = [
        result.description,
        "",
        f"{'':28} {'clips':>6} {'before':>8} {'taught':>8}  {'95 % interval':18} {'said before':>11} {'said':>8}",
    ]
    for group, gain in result.correct.items():
        said = result.said[group]
        rows.append(
            f"{group:28} {gain.count:6} {percent(gain.before):>8} {percent(gain.after):>8}  "
            f"{interval(gain.intervals[1]):18} {percent(said.before):>11} {percent(said.after):>8}"
        )
    if (false := result.false) is not None:
        rows.append(
            f"{'false words, unknown signs':28} {false.count:6} {percent(false.before):>8} {percent(false.after):>8}  "
            f"{interval(false.intervals[1]):18}"
        )
    return "\n".join(rows)
