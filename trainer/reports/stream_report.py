"""The report of a bundle on continuous signing as one HTML file, with a drawing of every stream."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from models.labels import Sign
from trainer.evaluation.negative_footage import FalsePositives
from trainer.evaluation.stream_metrics import Condition, ErrorCause, StreamMetrics
from trainer.reports import html
from trainer.reports.formatting import percent, seconds
from trainer.reports.stream_text import ABOUT_METRICS, StreamReport, condition_name, rate
from trainer.reports.timeline import LEGEND, timeline


def to_html(report: StreamReport, signs: Sequence[Sign]) -> str:
    """Return the report."""
    by_id = {sign.sign_id: sign for sign in signs}
    sections = {
        "Words": [_metrics_table(report), html.paragraph(ABOUT_METRICS)],
        "Causes of errors": [_cause_table(report)],
        "False positives": [
            block
            for name, found in report.false_positives.items()
            for block in (html.paragraph(f"{name}: {rate(found)}"), _false_positive_table(found))
        ]
        or [html.paragraph("Not measured: --footage and --minutes were not given.")],
        "Every stream": [html.paragraph(LEGEND), *_timelines(report, by_id)],
    }
    return html.page(f"{report.manifest.title} on continuous signing", sections)


def _metrics_table(report: StreamReport) -> Markup:
    head = ("frames", "signs", "correct", "wrong", "missed", "inserted", "WER", "delay p50", "p95")
    rows = [
        (
            _unbroken(condition),
            str(metrics.words),
            percent(metrics.correct_rate),
            str(metrics.substitutions),
            str(metrics.deletions),
            f"{metrics.insertions} ({percent(metrics.insertion_rate)})",
            percent(metrics.wer),
            seconds(metrics.delay_percentile(50)),
            seconds(metrics.delay_percentile(95)),
        )
        for condition in report.conditions
        for metrics in (condition.metrics,)
    ]
    return html.table(head, rows, numeric=range(1, len(head)))


def _cause_table(report: StreamReport) -> Markup:
    rows = [
        (_unbroken(condition), *(str(condition.metrics.error_causes.get(cause, 0)) for cause in ErrorCause))
        for condition in report.conditions
    ]
    return html.table(("frames", *ErrorCause), rows, numeric=range(1, 1 + len(ErrorCause)))


def _false_positive_table(found: FalsePositives) -> Markup:
    rows = [
        (
            clip,
            f"{segment.emitted_at:.1f} s",
            html.arabic(segment.best.sign.word),
            segment.best.sign.word_en,
            percent(segment.best.confidence),
        )
        for clip, segment in found.segments
    ]
    return html.table(("clip", "at", "word", "", "confidence"), rows, numeric=(1, 4)) if rows else Markup("")


def _timelines(report: StreamReport, signs: Mapping[int, Sign]) -> list[Markup]:
    threshold = report.manifest.spotter.raise_threshold
    groups = []
    for condition in report.conditions[:-1]:
        wanted = (condition.rate, condition.with_rest)
        blocks = []
        for result in report.results:
            if (result.rate, result.with_rest) == wanted:
                metrics = StreamMetrics.of([result])
                blocks += [
                    html.paragraph(f"signer {result.signer}: {metrics.correct} of {metrics.words} correct"),
                    timeline(result, signs, threshold),
                ]
        groups.append(html.details(condition_name(condition), blocks))
    return groups


def _unbroken(condition: Condition) -> str:
    return condition_name(condition).replace(" ", "\N{NO-BREAK SPACE}")
