"""How well a bundle reads running streams: as JSON for programs, as a table and as an HTML page for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.labels import Sign
from models.manifest import Manifest
from trainer.evaluation.alignment import Segment, StreamResult
from trainer.evaluation.negative_footage import FalsePositives
from trainer.evaluation.stream_metrics import Condition, ErrorCause, StreamMetrics
from trainer.reports import html as report
from trainer.reports.html import Html
from trainer.reports.timeline import LEGEND, timeline

STREAMS_HEADING: Final = "## Running streams"


@dataclass(frozen=True, slots=True, eq=False)
class StreamReport:
    """Everything that was found out about a bundle; the last condition is all together, footage may be None."""

    manifest: Manifest
    judged: Sequence[StreamResult]
    conditions: Sequence[Condition]
    rest: FalsePositives | None
    footage: FalsePositives | None


def as_content(found: StreamReport) -> dict[str, Any]:
    """What the command prints as JSON; times in seconds."""
    rows = [_row(condition) for condition in found.conditions]
    return {
        "model": found.manifest.title,
        "conditions": rows[:-1],
        "all": rows[-1],
        "rest": _false_words(found.rest),
        "footage": _false_words(found.footage),
    }


def as_table(found: StreamReport) -> str:
    """The figures for a terminal."""
    head = f"{found.manifest.title:22} {'signs':>6} {'right':>7} {'wrong':>6} {'missed':>6} {'inserted':>13}"
    lines = [f"{head} {'delay p50':>9} {'p95':>7}"]
    for condition in found.conditions:
        tally = condition.metrics
        lines.append(
            f"{_named(condition):22} {tally.words:6} {tally.correct_rate:7.1%} {tally.substitutions:6} "
            f"{tally.deletions:6} {tally.insertions:5} {tally.insertion_rate:7.1%} "
            f"{_seconds(tally.delay_percentile(50)):>9} {_seconds(tally.delay_percentile(95)):>7}"
        )
    lines.append("why signs with rest were not said right: " + _reasons(found, with_rest=True))
    lines.append("and those without rest: " + _reasons(found, with_rest=False))
    lines += [f"{name}: {_told(words)}" for name, words in _watched(found).items()]
    return "\n".join(lines)


def as_section(found: StreamReport) -> str:
    """The figures in Markdown, for a bundle's card; it begins with its own heading."""
    rows = [
        f"| {_named(condition)} | {tally.words} | {tally.correct_rate:.1%} | {tally.insertion_rate:.1%} "
        f"| {_seconds(tally.delay_percentile(50))}, {_seconds(tally.delay_percentile(95))} |"
        for condition in found.conditions[:-1]
        for tally in (condition.metrics,)
    ]
    head = [
        "| frames | signs | right | inserted | delay after the sign, p50, p95 |",
        "| --- | --- | --- | --- | --- |",
    ]
    blocks = [STREAMS_HEADING, _MEANING, "\n".join([*head, *rows])]
    for name, words in _watched(found).items():
        said = ", ".join(f"{cut.best.sign.word_en} ({cut.best.confidence:.0%})" for _, cut in words.segments)
        blocks.append(f"False words, {name}: {_told(words)}{f': {said}' if said else ''}.")
    return "\n\n".join(blocks)


def as_page(found: StreamReport, signs: Sequence[Sign]) -> str:
    """The figures as a page, with a drawing of every stream."""
    words = {sign.sign_id: sign for sign in signs}
    sections = {
        "Words right": [_figures(found), report.text(_MEANING)],
        "Why not": [_why(found)],
        "False words": [
            block
            for name, false in _watched(found).items()
            for block in (report.text(f"{name}: {_told(false)}"), _false_table(false))
        ]
        or [report.text("Not looked for: neither --footage nor --minutes.")],
        "Every stream": [report.text(LEGEND), *_timelines(found, words)],
    }
    return report.page(f"{found.manifest.title} on running streams", sections)


_MEANING = (
    "Words are right by edit distance between what was signed and what was said, where a word only stands for a sign "
    "that the stretch read touches. The delay is from the end of the sign to the moment its word was said, for words "
    "that were right."
)


def _row(condition: Condition) -> dict[str, Any]:
    tally = condition.metrics
    return {
        "rate": condition.rate,
        "rest": condition.with_rest,
        "words": tally.words,
        "right": tally.correct,
        "substitutions": tally.substitutions,
        "misses": tally.deletions,
        "insertions": tally.insertions,
        "right_share": round(tally.correct_rate, 4),
        "insertions_share": round(tally.insertion_rate, 4),
        "delay_p50_s": _rounded(tally.delay_percentile(50)),
        "delay_p95_s": _rounded(tally.delay_percentile(95)),
        "why": {reason.name.lower(): tally.error_causes.get(reason, 0) for reason in ErrorCause},
    }


def _false_words(false: FalsePositives | None) -> dict[str, Any] | None:
    if false is None:
        return None
    return {
        "minutes": round(false.seconds / 60.0, 3),
        "words": len(false.segments),
        "per_minute": round(false.per_minute, 3),
        "said": [
            {
                "clip": clip,
                "at_s": round(cut.emitted_at, 3),
                "sign_id": cut.best.sign.sign_id,
                "word": cut.best.sign.word,
                "word_en": cut.best.sign.word_en,
                "confidence": round(cut.best.confidence, 4),
            }
            for clip, cut in false.segments
        ],
    }


def _figures(found: StreamReport) -> Html:
    head = ("frames", "signs", "right", "wrong", "missed", "inserted", "delay p50", "p95")
    rows = [
        (
            _unbroken(condition),
            str(tally.words),
            report.percent(tally.correct_rate),
            str(tally.substitutions),
            str(tally.deletions),
            f"{tally.insertions} ({report.percent(tally.insertion_rate)})",
            _seconds(tally.delay_percentile(50)),
            _seconds(tally.delay_percentile(95)),
        )
        for condition in found.conditions
        for tally in (condition.metrics,)
    ]
    return report.table(head, rows, numbers=range(1, len(head)))


def _why(found: StreamReport) -> Html:
    rows = [
        (_unbroken(condition), *(str(condition.metrics.error_causes.get(reason, 0)) for reason in ErrorCause))
        for condition in found.conditions
    ]
    return report.table(("frames", *ErrorCause), rows, numbers=range(1, 1 + len(ErrorCause)))


def _false_table(false: FalsePositives) -> Html:
    rows = [
        (clip, f"{cut.emitted_at:.1f} s", report.arabic(cut.best.sign.word), *_meant(cut))
        for clip, cut in false.segments
    ]
    return report.table(("clip", "at", "word", "", "confidence"), rows, numbers=(1, 4)) if rows else Html("")


def _meant(cut: Segment) -> tuple[str, str]:
    return cut.best.sign.word_en, report.percent(cut.best.confidence)


def _timelines(found: StreamReport, words: Mapping[int, Sign]) -> list[Html]:
    line = found.manifest.spotter.raise_threshold
    folds = []
    for condition in found.conditions[:-1]:
        here = [j for j in found.judged if (j.rate, j.with_rest) == (condition.rate, condition.with_rest)]
        blocks = []
        for one in here:
            tally = StreamMetrics.of([one])
            blocks += [
                report.text(f"signer {one.signer}: {tally.correct} of {tally.words} right"),
                timeline(one, words, line),
            ]
        folds.append(report.folded(_named(condition), blocks))
    return folds


def _watched(found: StreamReport) -> dict[str, FalsePositives]:
    both = {"hands at rest": found.rest, "footage": found.footage}
    return {name: false for name, false in both.items() if false is not None}


def _told(false: FalsePositives) -> str:
    return f"{len(false.segments)} words in {false.seconds / 60.0:.1f} minutes, {false.per_minute:.2f} a minute"


def _reasons(found: StreamReport, *, with_rest: bool) -> str:
    tally = StreamMetrics.of(one for one in found.judged if one.with_rest == with_rest)
    counted = sorted(tally.error_causes.items(), key=lambda item: -item[1])
    return ", ".join(f"{reason} {count}" for reason, count in counted) or "none"


def _named(condition: Condition) -> str:
    if condition.rate is None:
        return "all"
    return f"{condition.rate} a second, {'rest' if condition.with_rest else 'no rest'}"


def _unbroken(condition: Condition) -> str:
    return _named(condition).replace(" ", "\N{NO-BREAK SPACE}")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"
