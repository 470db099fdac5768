"""A comparison of two runs as a table for people and as JSON for programs."""

import json
from typing import Any, Final

from trainer.data.sign_names import name_sign
from trainer.evaluation.comparison import Comparison
from trainer.evaluation.metrics import Score
from trainer.evaluation.paired import PairedCounts
from trainer.reports.facts import differences
from trainer.reports.formatting import interval, percent, point_interval, points

_SIGNIFICANT_P: Final = 0.05


def conclusion(comparison: Comparison) -> str:
    """Return a sentence on which run is more accurate and whether the difference is significant."""
    counts, (first, second) = comparison.counts["all"], comparison.names
    discordant = f"{counts.only_second} takes are correct only in {second}, {counts.only_first} only in {first}"
    if counts.p_value >= _SIGNIFICANT_P:
        significance = f"this may well be chance (p = {counts.p_value:.2g})"
    else:
        better = second if counts.difference > 0 else first
        significance = f"{better} is better, and chance is an unlikely reason (p = {counts.p_value:.2g})"
    size = f"{100.0 * abs(counts.difference):.1f} points {'less' if counts.difference < 0 else 'more'} accurate"
    ends = f"95 % interval {point_interval(counts.interval)}"
    return f"{second} is {size} than {first} ({ends}): {discordant}; {significance}."


def to_json(comparison: Comparison) -> str:
    """Return the comparison as JSON; differences are the second run's fractions minus the first's."""
    first, second = comparison.evaluations
    content = {
        "runs": comparison.names,
        "differences": differences(comparison.runs),
        "takes": comparison.counts["all"].count,
        "scores": {
            name: {"first": score.top1, "second": other.top1, **_counts(counts)}
            for name, score, other, counts in comparison.rows
        },
        "nll": [first.nll, second.nll],
        "calibration_error": [first.calibration_error, second.calibration_error],
        "signs": [
            {
                "sign_id": one.sign_id,
                "word": comparison.signs[one.sign_id].word,
                "word_en": comparison.signs[one.sign_id].word_en,
                "count": one.count,
                "first": one.first,
                "second": one.second,
            }
            for one in comparison.changes
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def to_table(comparison: Comparison) -> str:
    """Return the comparison for a terminal."""
    (a, b), (first, second) = comparison.names, comparison.evaluations
    width = max(26, len(a), len(b))
    lines = [f"{comparison.counts['all'].count} takes that neither was trained on.", conclusion(comparison), ""]
    lines.append(f"{'':16} {'takes':>6}  {a:{width}}  {b:{width}}  {'difference':22} {'p':>6}")
    for name, score, other, counts in comparison.rows:
        change = f"{points(counts.difference)} ({point_interval(counts.interval)})"
        lines.append(
            f"{name:16} {score.count:6}  {with_interval(score):{width}}  {with_interval(other):{width}}  {change:22} "
            f"{counts.p_value:6.2g}"
        )
    lines.append(f"{'NLL':16} {'':6}  {first.nll:<{width}.3f}  {second.nll:<{width}.3f}")
    errors = f"{first.calibration_error:<{width}.3f}  {second.calibration_error:<{width}.3f}"
    lines += [f"{'calibration':16} {'':6}  {errors}", ""]
    for title, sign in (("better", 1), ("worse", -1)):
        changed = [
            f"{name_sign(comparison.signs[one.sign_id])}: {one.first} to {one.second} of {one.count}"
            for one in comparison.changes
            if one.gain * sign > 0
        ]
        lines.append(f"signs that {b} classifies {title}: {'; '.join(changed) or 'none'}")
    differing = differences(comparison.runs)
    lines.append("differences in metadata:" if differing else "no differences in metadata")
    lines += [f"  {name}: {one} | {other}" for name, (one, other) in differing.items()]
    return "\n".join(lines)


def with_interval(score: Score) -> str:
    """Format top-1 with its interval."""
    return f"{percent(score.top1)} ({interval(score.top1_interval)})"


def _counts(counts: PairedCounts) -> dict[str, Any]:
    return {
        "both": counts.both,
        "only_first": counts.only_first,
        "only_second": counts.only_second,
        "neither": counts.neither,
        "difference": counts.difference,
        "interval": counts.interval,
        "p": counts.p_value,
    }
