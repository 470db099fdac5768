"""Metrics on continuous signing as JSON for programs, as a table for a terminal and as a section of a bundle's card."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.manifest import Manifest
from trainer.data.sign_names import name_sign
from trainer.evaluation.negative_footage import FalsePositives
from trainer.evaluation.stream_evaluation import StreamResult
from trainer.evaluation.stream_metrics import Condition, ErrorCause, StreamMetrics
from trainer.reports.formatting import seconds

CARD_HEADING: Final = "## Continuous signing"
ABOUT_METRICS: Final = (
    "Words are counted by edit distance between the signs and the emitted words, where a word can only stand for a "
    "sign that its segment overlaps in time. WER is the word error rate on the order of words alone, as papers report "
    "it. The delay is from the end of the sign to the moment when its word was emitted, for correct words."
)


@dataclass(frozen=True, slots=True, eq=False)
class StreamReport:
    """Everything measured of a bundle; the last condition is all streams together, rest and footage may be None."""

    manifest: Manifest
    results: Sequence[StreamResult]
    conditions: Sequence[Condition]
    rest: FalsePositives | None
    footage: FalsePositives | None

    @property
    def false_positives(self) -> dict[str, FalsePositives]:
        """The measurements without any sign, by name."""
        both = {"hands at rest": self.rest, "footage": self.footage}
        return {name: found for name, found in both.items() if found is not None}


def to_dict(report: StreamReport) -> dict[str, Any]:
    """Return the content of the command's JSON; times in seconds."""
    rows = [_condition(condition) for condition in report.conditions]
    return {
        "model": report.manifest.title,
        "conditions": rows[:-1],
        "all": rows[-1],
        "rest": _false_positives(report.rest),
        "footage": _false_positives(report.footage),
    }


def to_table(report: StreamReport) -> str:
    """Return the metrics for a terminal."""
    head = f"{report.manifest.title:22} {'signs':>6} {'correct':>7} {'wrong':>6} {'missed':>6} {'inserted':>13}"
    lines = [f"{head} {'WER':>7} {'delay p50':>9} {'p95':>7}"]
    for condition in report.conditions:
        metrics = condition.metrics
        lines.append(
            f"{condition_name(condition):22} {metrics.words:6} {metrics.correct_rate:7.1%} {metrics.substitutions:6} "
            f"{metrics.deletions:6} {metrics.insertions:5} {metrics.insertion_rate:7.1%} {metrics.wer:7.1%} "
            f"{seconds(metrics.delay_percentile(50)):>9} {seconds(metrics.delay_percentile(95)):>7}"
        )
    lines.append("causes of errors with rest: " + _causes(report, with_rest=True))
    lines.append("causes of errors without rest: " + _causes(report, with_rest=False))
    lines += [f"false positives, {name}: {rate(found)}" for name, found in report.false_positives.items()]
    return "\n".join(lines)


def to_card_section(report: StreamReport) -> str:
    """Return the metrics in Markdown for a bundle's card, with their heading."""
    rows = [
        f"| {condition_name(condition)} | {metrics.words} | {metrics.correct_rate:.1%} | {metrics.insertion_rate:.1%} "
        f"| {metrics.wer:.1%} | {seconds(metrics.delay_percentile(50))}, {seconds(metrics.delay_percentile(95))} |"
        for condition in report.conditions[:-1]
        for metrics in (condition.metrics,)
    ]
    head = [
        "| frames | signs | correct | inserted | WER | delay after the sign, p50, p95 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    blocks = [CARD_HEADING, ABOUT_METRICS, "\n".join([*head, *rows])]
    for name, found in report.false_positives.items():
        words = "; ".join(f"{name_sign(one.best.sign)}, {one.best.confidence:.0%}" for _, one in found.segments)
        blocks.append(f"False positives, {name}: {rate(found)}{f': {words}' if words else ''}.")
    return "\n\n".join(blocks)


def condition_name(condition: Condition) -> str:
    """Return the frame rate and whether there is rest."""
    if condition.rate is None:
        return "all"
    return f"{condition.rate} a second, {'rest' if condition.with_rest else 'no rest'}"


def rate(found: FalsePositives) -> str:
    """Format the number of false positives and their rate."""
    return f"{len(found.segments)} words in {found.seconds / 60.0:.1f} minutes, {found.per_minute:.2f} a minute"


def _condition(condition: Condition) -> dict[str, Any]:
    metrics = condition.metrics
    return {
        "rate": condition.rate,
        "rest": condition.with_rest,
        "words": metrics.words,
        "correct": metrics.correct,
        "substitutions": metrics.substitutions,
        "deletions": metrics.deletions,
        "insertions": metrics.insertions,
        "correct_rate": round(metrics.correct_rate, 4),
        "insertion_rate": round(metrics.insertion_rate, 4),
        "wer": round(metrics.wer, 4),
        "delay_p50_s": _rounded(metrics.delay_percentile(50)),
        "delay_p95_s": _rounded(metrics.delay_percentile(95)),
        "error_causes": {cause.name.lower(): metrics.error_causes.get(cause, 0) for cause in ErrorCause},
    }


def _false_positives(found: FalsePositives | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "minutes": round(found.seconds / 60.0, 3),
        "words": len(found.segments),
        "per_minute": round(found.per_minute, 3),
        "emitted": [
            {
                "clip": clip,
                "at_s": round(segment.emitted_at, 3),
                "sign_id": segment.best.sign.sign_id,
                "word": segment.best.sign.word,
                "word_en": segment.best.sign.word_en,
                "confidence": round(segment.best.confidence, 4),
            }
            for clip, segment in found.segments
        ],
    }


def _causes(report: StreamReport, *, with_rest: bool) -> str:
    metrics = StreamMetrics.of(one for one in report.results if one.with_rest == with_rest)
    ordered = sorted(metrics.error_causes.items(), key=lambda item: -item[1])
    return ", ".join(f"{cause} {count}" for cause, count in ordered) or "none"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
