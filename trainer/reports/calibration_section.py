"""Calibration in a report: the reliability diagram, and what a threshold lets through."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from matplotlib.figure import Figure

from trainer.evaluation.metrics import Bin, Evaluation, wilson_interval
from trainer.reports import html, plots
from trainer.reports.formatting import interval, percent


def calibration_section(named: Mapping[str, Evaluation]) -> list[Markup]:
    """Return the calibration of evaluations by name, such as with and without a temperature; thresholds of the last."""
    last, evaluation = list(named.items())[-1]
    errors = " and ".join(f"{one.calibration_error:.3f} ({name})" for name, one in named.items())
    bins = {name: one.reliability for name, one in named.items()}
    blocks = [
        html.paragraph(
            f"The expected calibration error is {errors}: the mean difference between the confidence of predictions "
            "and the fraction of predictions with that confidence that are correct."
        ),
        html.side_by_side(
            [
                plots.to_svg(draw_reliability(bins), "fraction of correct predictions over confidence"),
                html.join(html.heading(f"Thresholds, {last}"), _threshold_table(evaluation)),
            ]
        ),
    ]
    tables = {name: _bin_table(one.reliability) for name, one in named.items()}
    return [*blocks, *(html.details(f"Bins: {name}", [table]) for name, table in tables.items())]


def draw_reliability(named: Mapping[str, Sequence[Bin]]) -> Figure:
    """Draw accuracy over confidence, and the number of predictions of each confidence."""
    figure = plots.figure(5.2, 4.8)
    accuracies, counts = plots.axes(figure, 2, 1, sharex=True, height_ratios=(3, 1))
    accuracies.plot([0, 1], [0, 1], "--", color=plots.STRONG_LINE, label="perfectly calibrated")
    width = 0.09 / len(named)
    for number, (name, bins) in enumerate(named.items()):
        colour = plots.SERIES[number]
        confidence, accuracy = [one.confidence for one in bins], [one.accuracy for one in bins]
        ends = [wilson_interval(one.accuracy, one.count) for one in bins]
        below = [max(0.0, value - low) for value, (low, _) in zip(accuracy, ends, strict=True)]
        above = [max(0.0, high - value) for value, (_, high) in zip(accuracy, ends, strict=True)]
        accuracies.errorbar(confidence, accuracy, (below, above), fmt="o", color=colour, capsize=3, label=name)
        shift = width * (number - (len(named) - 1) / 2)
        lefts = [min(9, int(value * 10)) / 10 + 0.05 + shift for value in confidence]
        counts.bar(lefts, [one.count for one in bins], width, color=colour)
    accuracies.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.03))
    accuracies.legend(loc="upper left", frameon=False)
    counts.set(xlabel="confidence", ylabel="clips")
    return figure


def _bin_table(bins: Sequence[Bin]) -> Markup:
    rows = [
        [
            percent(one.confidence),
            percent(one.accuracy),
            interval(wilson_interval(one.accuracy, one.count)),
            str(one.count),
        ]
        for one in bins
    ]
    return html.table(["confidence", "accuracy", "95 % interval", "clips"], rows, range(4))


def _threshold_table(evaluation: Evaluation) -> Markup:
    rows = [
        [
            f"{one.threshold:.2f}" if one.threshold else "none",
            percent(one.coverage),
            percent(one.wrong),
            percent(1.0 - one.wrong / one.coverage) if one.coverage else "-",
        ]
        for one in evaluation.by_threshold
    ]
    return html.table(["threshold", "emitted", "emitted but wrong", "accuracy if emitted"], rows, range(4))
