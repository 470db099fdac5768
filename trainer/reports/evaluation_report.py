"""An evaluation as a report: scores, how sure and how right, what is read as what."""

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.figure import Figure

from models.labels import Sign
from trainer.evaluation.evaluation import EvaluationResult
from trainer.evaluation.metrics import Bin, Evaluation, Score, wilson
from trainer.reports import html as report
from trainer.reports.html import Html, interval, percent

_WORST: Final = 20


def write(verdict: EvaluationResult) -> str:
    """The report as HTML."""
    result = verdict.evaluation
    words = {sign.sign_id: sign for sign in verdict.signs}
    lead = [*verdict.summary, *(f"Not judged, as it cannot be read: {clip}" for clip in verdict.unreadable)]
    sections = {
        "What was judged": [report.text(sentence) for sentence in lead],
        "Scores": [score_table(result.named_scores), report.text(ABOUT_INTERVALS)],
        "How sure and how right": reliability({"as it reads": result}),
        "What was read as what": confusion(result, words),
        "Each sign": [signs(result, words)],
    }
    return report.page(verdict.title, sections)


def reliability_figure(named: Mapping[str, Sequence[Bin]]) -> Figure:
    """How right readings are over how sure they are, and how many readings are so sure."""
    figure = report.figure(5.2, 4.8)
    shares, counts = report.axes(figure, 2, 1, sharex=True, height_ratios=(3, 1))
    shares.plot([0, 1], [0, 1], "--", color=report.STRONG_LINE, label="as right as sure")
    width = 0.09 / len(named)
    for place, (name, bins) in enumerate(named.items()):
        colour = report.SERIES[place]
        confidence, accuracy = [one.confidence for one in bins], [one.accuracy for one in bins]
        ends = [wilson(one.accuracy, one.count) for one in bins]
        below = [max(0.0, share - low) for share, (low, _) in zip(accuracy, ends, strict=True)]
        above = [max(0.0, high - share) for share, (_, high) in zip(accuracy, ends, strict=True)]
        shares.errorbar(confidence, accuracy, (below, above), fmt="o", color=colour, capsize=3, label=name)
        lefts = [min(9, int(share * 10)) / 10 + 0.05 + width * (place - (len(named) - 1) / 2) for share in confidence]
        counts.bar(lefts, [one.count for one in bins], width, color=colour)
    shares.set(ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.03))
    shares.legend(loc="upper left", frameon=False)
    counts.set(xlabel="confidence of the reading", ylabel="clips")
    return figure


def score_table(named: Mapping[str, Score], first: str = "clips") -> Html:
    """Scores with their intervals."""
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
        for name, score in named.items()
    ]
    return report.table(head, rows, numbers=(1, 2, 3, 5, 6))


def reliability(named: Mapping[str, Evaluation]) -> list[Html]:
    """How sure and how right readings are, with and without whatever tells the evaluations apart."""
    last, thresholds = list(named.items())[-1]
    errors = " and ".join(f"{result.calibration_error:.3f} ({name})" for name, result in named.items())
    bins = {name: result.reliability for name, result in named.items()}
    blocks = [
        report.text(
            f"The expected calibration error is {errors}: so far, on average, is the confidence of a reading from the "
            "share of readings of that confidence that are right."
        ),
        report.beside(
            [
                report.picture(reliability_figure(bins), "share of right readings over confidence"),
                Html(report.heading(f"What a threshold lets through, {last}") + _thresholds(thresholds)),
            ]
        ),
    ]
    folds = {name: _bins(result.reliability) for name, result in named.items()}
    return [*blocks, *(report.folded(f"in numbers: {name}", [table]) for name, table in folds.items())]


def _bins(bins: Sequence[Bin]) -> Html:
    rows = [
        [percent(one.confidence), percent(one.accuracy), interval(wilson(one.accuracy, one.count)), str(one.count)]
        for one in bins
    ]
    return report.table(["how sure", "how right", "95 % interval", "clips"], rows, range(4))


def _thresholds(result: Evaluation) -> Html:
    rows = [
        [
            f"{one.threshold:.2f}" if one.threshold else "none",
            percent(one.coverage),
            percent(one.wrong),
            percent(1.0 - one.wrong / one.coverage) if one.coverage else "-",
        ]
        for one in result.by_threshold
    ]
    return report.table(["threshold", "said", "said wrongly", "right, if said"], rows, range(4))


def confusion(result: Evaluation, words: Mapping[int, Sign]) -> list[Html]:
    """What was read as what: the worst signs as a matrix, and every pair."""
    if not result.confusions:
        return [report.text("Every clip was read rightly.")]
    rows = [
        [
            *_cells(one.sign_id, words),
            *_cells(one.predicted, words),
            str(one.count),
            str(result.by_sign[one.sign_id].count),
        ]
        for one in result.confusions
    ]
    head = ["sign", "word", "in English", "read as", "word", "in English", "times", "of"]
    wrong = sum(one.count for one in result.confusions)
    return [
        report.text(
            f"{wrong} of {result.overall.count} clips were read wrongly, {result.no_sign_count} of them as no sign."
        ),
        report.text(
            f"In rows the worst signs, at most {_WORST}; in columns what they were read as, blue where it is right."
        ),
        _matrix(result, words),
        report.folded(f"all {len(rows)} pairs, the most frequent first", [report.table(head, rows, (0, 3, 6, 7))]),
    ]


def _matrix(result: Evaluation, words: Mapping[int, Sign]) -> Html:
    """The worst signs as rows, what they were read as in columns."""
    worst = result.wrong_signs[:_WORST]
    counts = {(one.sign_id, one.predicted): one.count for one in result.confusions}
    counts |= {(sign, sign): round(score.top1 * score.count) for sign, score in result.by_sign.items()}
    read = {read_as for (sign, read_as), count in counts.items() if sign in worst and count}
    columns = sorted(read, key=lambda sign: (sign is None, sign))
    return report.matrix(
        [named(sign, words) for sign in worst],
        [named(sign, words) for sign in columns],
        [[counts.get((sign, column), 0) for column in columns] for sign in worst],
    )


def signs(result: Evaluation, words: Mapping[int, Sign]) -> Html:
    """Every sign's score, folded away."""
    worst_first = sorted(result.by_sign.items(), key=lambda item: (item[1].top1, item[1].top5, item[0]))
    scores: dict[str, Score] = {named(sign, words): score for sign, score in worst_first}
    return report.folded(f"{len(result.by_sign)} signs, the worst first", [score_table(scores, "sign")])


def named(sign_id: int | None, words: Mapping[int, Sign]) -> Html:
    """A sign's number and word; None is read as no sign."""
    number, word, _ = _cells(sign_id, words)
    return report.joined(number, " · " if number else "", word)


def in_full(sign_id: int, words: Mapping[int, Sign]) -> Html:
    """A sign's number, word and English, where that is another."""
    sign = words[sign_id]
    return report.joined(named(sign_id, words), "" if sign.word_en == sign.word else f" ({sign.word_en})")


def _cells(sign_id: int | None, words: Mapping[int, Sign]) -> tuple[str, str, str]:
    """Number, word in Arabic, word in English."""
    if sign_id is None:
        return "", "no sign", ""
    sign = words[sign_id]
    return str(sign_id), report.arabic(sign.word), sign.word_en


ABOUT_INTERVALS: Final = (
    "The intervals are Wilson's, at 95 %, and take every clip for an independent trial. Clips of one signer resemble "
    "one another, so the intervals say nothing about signers who were not among these."
)
