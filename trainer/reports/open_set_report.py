"""The report of an open-set evaluation as one HTML file."""

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from trainer.evaluation.open_set import OpenSetEvaluation, Rate
from trainer.reports import html, plots
from trainer.reports.formatting import percent
from trainer.reports.open_set_text import ABOUT_OPEN_SET, describe_keeping, show_rate


def to_html(result: OpenSetEvaluation) -> str:
    """Return the report."""
    sentences = [
        *result.description,
        *(f"Not evaluated, as it cannot be read: {clip}" for clip in result.unreadable),
        f"The bundle's threshold is {result.threshold:.2f}; {describe_keeping(result)}.",
        f"{ABOUT_OPEN_SET[0].upper()}{ABOUT_OPEN_SET[1:]}.",
    ]
    sections = {
        "What was evaluated": [html.paragraph(sentence) for sentence in sentences],
        "Unknown signs": [_source_table(result)],
        "Thresholds": [
            plots.to_svg(draw_rates(result), "words said over the threshold, and false words over right ones"),
            _threshold_table(result),
        ],
        "Every false word": [_word_table(result)],
    }
    return html.page(f"{result.title} on known and unknown signs", sections)


def draw_rates(result: OpenSetEvaluation) -> Figure:
    """Draw the rates over the threshold, with their intervals, and the false words over the right words."""
    thresholds = np.linspace(0.01, 1.0, 100)
    figure = plots.figure(10.4, 4.2)
    over_threshold, over_right = plots.axes(figure, 1, 2)
    kinds = {"right words": result.right, "wrong words": result.wrong, "false words": result.all_false}
    for (name, confidences), colour in zip(kinds.items(), (plots.BLUE, plots.ORANGE, plots.RED), strict=True):
        rates = [Rate.of(confidences, threshold) for threshold in thresholds]
        over_threshold.plot(thresholds, [rate.fraction for rate in rates], color=colour, label=name)
        low, high = zip(*(rate.interval for rate in rates), strict=True)
        over_threshold.fill_between(thresholds, low, high, color=colour, alpha=0.15, linewidth=0)
    over_threshold.axvline(result.threshold, linestyle="--", color=plots.STRONG_LINE)
    over_threshold.set(xlabel="threshold", ylabel="clips on which a word is said", xlim=(0, 1), ylim=(0, 1.03))
    over_threshold.legend(loc="upper right", frameon=False)
    right = [Rate.of(result.right, threshold).fraction for threshold in thresholds]
    for number, (name, false) in enumerate(result.false_by_source.items()):
        colour = plots.SERIES[number % len(plots.SERIES)]
        over_right.plot(right, [Rate.of(false, one).fraction for one in thresholds], color=colour, label=name)
    over_right.set(xlabel="right words", ylabel="false words", xlim=(0, 1.03), ylim=(0, 1.03))
    over_right.legend(loc="upper left", frameon=False)
    return figure


def _source_table(result: OpenSetEvaluation) -> Markup:
    head = ("path", "clips", "false words", "AUROC", "95 % interval", "false words at 95 % of right words")
    rows = []
    for name, false in result.false_by_source.items():
        auroc, (low, high) = result.auroc(false)
        said, kept = Rate.of(false, result.threshold), Rate.of(false, result.keeping_threshold)
        ends = f"{low:.3f} to {high:.3f}"
        rows.append([name, str(len(false)), show_rate(said), f"{auroc:.3f}", ends, show_rate(kept)])
    return html.table(head, rows, range(1, 6))


def _threshold_table(result: OpenSetEvaluation) -> Markup:
    rows = [
        [
            f"{threshold:.2f}",
            *(show_rate(Rate.of(one, threshold)) for one in (result.right, result.wrong, result.all_false)),
        ]
        for threshold in result.thresholds
    ]
    return html.table(("threshold", "right words", "wrong words", "false words"), rows, range(4))


def _word_table(result: OpenSetEvaluation) -> Markup:
    if not result.said:
        return html.paragraph("No false word is said at the bundle's threshold.")
    rows = [
        (clip, html.arabic(one.best.sign.word), one.best.sign.word_en, percent(one.best.confidence))
        for clip, one in result.said
    ]
    return html.table(("clip", "word", "", "confidence"), rows, numeric=(3,))
