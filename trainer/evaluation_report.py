"""An evaluation as a report: scores, how sure and how right, what is read as what."""

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.figure import Figure

from models.labels import Sign
from trainer import report
from trainer.evaluate import Bin, Evaluation, Score, wilson
from trainer.report import Html, interval, percent
from trainer.verdict import Verdict

_WORST: Final = 20


def write(verdict: Verdict) -> str:
    """The report as HTML."""
    result = verdict.evaluation
    words = {sign.sign_id: sign for sign in verdict.signs}
    lead = [*verdict.lead, *(f"Not judged, as it cannot be read: {clip}" for clip in verdict.unreadable)]
    sections = {
        "What was judged": [report.text(sentence) for sentence in lead],
        "Scores": [_scores(result), report.text(_ABOUT_INTERVALS)],
        "How sure and how right": _reliability(result),
        "What was read as what": _confusion(result, words),
        "Each sign": [report.folded(f"{len(result.by_sign)} signs, the worst first", [_signs(result, words)])],
    }
    return report.page(verdict.title, sections)


def reliability_figure(bins: Sequence[Bin]) -> Figure:
    """How right readings are over how sure they are, and how many readings are so sure."""
    figure = Figure(figsize=(5.5, 5.5))
    shares, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    confidence, accuracy = [one.confidence for one in bins], [one.accuracy for one in bins]
    ends = [wilson(one.accuracy, one.count) for one in bins]
    below = [max(0.0, share - low) for share, (low, _) in zip(accuracy, ends, strict=True)]
    above = [max(0.0, high - share) for share, (_, high) in zip(accuracy, ends, strict=True)]
    shares.plot([0, 1], [0, 1], "--", color="#9fb1bb", label="as right as sure")
    shares.errorbar(
        confidence, accuracy, (below, above), fmt="o", color="#22627d", capsize=3, label="with 95 % interval"
    )
    shares.set(ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.03))
    shares.legend(frameon=False, loc="lower right")
    counts.bar(
        [min(9, int(share * 10)) / 10 + 0.05 for share in confidence],
        [one.count for one in bins],
        0.09,
        color="#5b9bb5",
    )
    counts.set(xlabel="confidence of the reading", ylabel="clips")
    return figure


def _scores(result: Evaluation) -> Html:
    named = {"all": result.overall} | {f"signer {key}": score for key, score in result.by_signer.items()}
    return _score_table("clips", [*named.items(), *result.by_group.items()])


def _score_table(first: str, named: Sequence[tuple[str, Score]]) -> Html:
    head = [first, "count", "top-1", "95 % interval", "", "top-5", "95 % interval"]
    rows = [
        [
            name,
            str(score.count),
            percent(score.top1),
            interval(score.top1_interval),
            report.bar(score.top1, *score.top1_interval),
            percent(score.top5),
            interval(score.top5_interval),
        ]
        for name, score in named
    ]
    return report.table(head, rows, numbers=(1, 2, 3, 5, 6))


def _reliability(result: Evaluation) -> list[Html]:
    rows = [
        [percent(one.confidence), percent(one.accuracy), interval(wilson(one.accuracy, one.count)), str(one.count)]
        for one in result.reliability
    ]
    told = f"The expected calibration error is {result.calibration_error:.3f}: so far, on average, is the confidence"
    return [
        report.text(f"{told} of a reading from the share of readings of that confidence that are right."),
        report.picture(reliability_figure(result.reliability), "share of right readings over confidence"),
        report.folded(
            "the same in numbers", [report.table(["how sure", "how right", "95 % interval", "clips"], rows, range(4))]
        ),
    ]


def _confusion(result: Evaluation, words: Mapping[int, Sign]) -> list[Html]:
    if not result.confusions:
        return [report.text("Every clip was read rightly.")]
    rows = [
        [
            *_cells(one.sign_id, words),
            *_cells(one.read_as, words),
            str(one.count),
            str(result.by_sign[one.sign_id].count),
        ]
        for one in result.confusions
    ]
    head = ["sign", "word", "in English", "read as", "word", "in English", "times", "of"]
    wrong = sum(one.count for one in result.confusions)
    return [
        report.text(
            f"{wrong} of {result.overall.count} clips were read wrongly, {result.said_none} of them as no sign."
        ),
        report.text(
            f"In rows the worst signs, at most {_WORST}; in columns what they were read as, blue where it is right."
        ),
        _matrix(result, words),
        report.folded(f"all {len(rows)} pairs, the most frequent first", [report.table(head, rows, (0, 3, 6, 7))]),
    ]


def _matrix(result: Evaluation, words: Mapping[int, Sign]) -> Html:
    """The worst signs as rows, what they were read as in columns."""
    wrong = {sign: score for sign, score in result.by_sign.items() if score.top1 < 1.0}
    worst = sorted(wrong, key=lambda sign: (wrong[sign].top1, -wrong[sign].count, sign))[:_WORST]
    counts = {(one.sign_id, one.read_as): one.count for one in result.confusions}
    counts |= {(sign, sign): round(wrong[sign].top1 * wrong[sign].count) for sign in worst}
    read = {read_as for (sign, read_as), count in counts.items() if sign in worst and count}
    columns = sorted(read, key=lambda sign: (sign is None, sign))
    return report.matrix(
        [_name(sign, words) for sign in worst],
        [_name(sign, words) for sign in columns],
        [[counts.get((sign, column), 0) for column in columns] for sign in worst],
    )


def _signs(result: Evaluation, words: Mapping[int, Sign]) -> Html:
    worst_first = sorted(result.by_sign.items(), key=lambda item: (item[1].top1, item[1].top5, item[0]))
    return _score_table("sign", [(_name(sign, words), score) for sign, score in worst_first])


def _name(sign_id: int | None, words: Mapping[int, Sign]) -> Html:
    number, word, _ = _cells(sign_id, words)
    return report.joined(number, " · " if number else "", word)


def _cells(sign_id: int | None, words: Mapping[int, Sign]) -> tuple[str, str, str]:
    """Number, word in Arabic, word in English."""
    if sign_id is None:
        return "", "no sign", ""
    sign = words[sign_id]
    return str(sign_id), report.arabic(sign.word), sign.word_en


_ABOUT_INTERVALS: Final = (
    "The intervals are Wilson's, at 95 %, and take every clip for an independent trial. Clips of one signer resemble "
    "one another, so the intervals say nothing about signers who were not among these."
)
