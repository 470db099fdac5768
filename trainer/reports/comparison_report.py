"""The report of a comparison of two runs as one HTML file."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from models.labels import Sign
from trainer.data.sign_names import name_sign
from trainer.evaluation.comparison import Comparison
from trainer.evaluation.metrics import Evaluation
from trainer.reports import html
from trainer.reports.calibration_section import calibration_section
from trainer.reports.comparison_text import conclusion, with_interval
from trainer.reports.curves import curves_section, read_curves
from trainer.reports.facts import differences
from trainer.reports.formatting import interval, percent, point_interval, points
from trainer.reports.sign_labels import full_sign_label, sign_label
from trainer.reports.skeleton_animation import PAUSE_SWITCH, skeleton_animation
from trainer.reports.take_captions import prediction_caption, source_caption

_MAX_ANIMATIONS: Final = 12  # of the takes that only one run classifies correctly
_ABOUT_PAIRS: Final = (
    "Both runs classify the very same takes, so their difference is measured on the discordant takes, which only one "
    "of them classifies correctly: its interval is that of Agresti and Min for matched proportions, p the exact test "
    "of McNemar. The rows below the first are many tests at the same time, of which one in twenty has p below 0.05 by "
    "chance alone. Takes of one signer resemble each other, and another seed alone makes a difference too; neither is "
    "in these figures."
)


def to_html(comparison: Comparison) -> str:
    """Return the report."""
    a, b = comparison.names
    signs = comparison.signs
    curves = {name: read_curves(run.folder) for name, run in zip(comparison.names, comparison.runs, strict=True)}
    differing = [[name, *values] for name, values in differences(comparison.runs).items()]
    sections = {
        "Summary": [html.paragraph(conclusion(comparison)), _tiles(comparison), _contingency(comparison)],
        "Differences in metadata": [
            html.table(["", a, b], differing) if differing else html.paragraph("There are no differences in metadata.")
        ],
        "Scores": [_scores(comparison), html.paragraph(_ABOUT_PAIRS)],
        "Signs": [_signs(comparison, signs)],
        "Discordant takes": _discordant_takes(comparison, signs),
        "Curves": curves_section(curves),
        "Calibration": calibration_section(dict(zip(comparison.names, comparison.evaluations, strict=True))),
    }
    return html.page(f"{a} compared with {b}", sections)


def _tiles(comparison: Comparison) -> Markup:
    counts = comparison.counts["all"]
    figures = [
        (f"{name}: top-1", percent(one.overall.top1), interval(one.overall.top1_interval))
        for name, one in zip(comparison.names, comparison.evaluations, strict=True)
    ]
    figures.append(("difference", points(counts.difference), f"{point_interval(counts.interval)} points"))
    figures.append(("p", f"{counts.p_value:.2g}", f"McNemar, exact, {counts.count} takes"))
    nll = " and ".join(f"{one.nll:.2f}" for one in comparison.evaluations)
    figures.append(("NLL", nll, "lower is better"))
    return html.tiles(figures)


def _contingency(comparison: Comparison) -> Markup:
    (a, b), counts = comparison.names, comparison.counts["all"]
    rows = [
        [f"{a} correct", str(counts.both), str(counts.only_first)],
        [f"{a} wrong", str(counts.only_second), str(counts.neither)],
    ]
    return html.table(["takes", f"{b} correct", f"{b} wrong"], rows, (1, 2))


def _scores(comparison: Comparison) -> Markup:
    head = ["clips", "count", *comparison.names, "difference", "95 % interval", "", "p"]
    rows = [
        [
            name,
            str(score.count),
            with_interval(score),
            with_interval(other),
            points(counts.difference),
            point_interval(counts.interval),
            html.difference_bar(counts.difference, *counts.interval),
            f"{counts.p_value:.2g}",
        ]
        for name, score, other, counts in comparison.rows
    ]
    return html.table(head, rows, numeric=(1, 2, 3, 4, 5, 7))


def _signs(comparison: Comparison, signs: Mapping[int, Sign]) -> Markup:
    if not comparison.changes:
        return html.paragraph("Both runs classify the same number of takes of every sign correctly.")
    rows = [
        [
            full_sign_label(one.sign_id, signs),
            str(one.count),
            str(one.first),
            str(one.second),
            html.highlight(f"{one.gain:+}".replace("-", "\N{MINUS SIGN}"), "better" if one.gain > 0 else "worse"),
            *(_confusions(one.sign_id, evaluation, signs) for evaluation in comparison.evaluations),
        ]
        for one in comparison.changes
    ]
    a, b = comparison.names
    head = ["sign", "takes", f"{a} correct", f"{b} correct", "change", f"{a} confuses with", f"{b} confuses with"]
    return html.table(head, rows, (1, 2, 3, 4))


def _confusions(sign_id: int, evaluation: Evaluation, signs: Mapping[int, Sign]) -> Markup:
    return html.lines(
        [
            html.join(sign_label(one.predicted, signs), f" ({one.count})")
            for one in evaluation.confusions
            if one.sign_id == sign_id
        ]
    )


def _discordant_takes(comparison: Comparison, signs: Mapping[int, Sign]) -> list[Markup]:
    blocks: list[Markup] = []
    for name, second_correct in zip(comparison.names, (False, True), strict=True):
        positions = comparison.paired.discordant(second_correct=second_correct)
        if positions:
            some = f", {_MAX_ANIMATIONS} of them" if len(positions) > _MAX_ANIMATIONS else ""
            blocks.append(html.heading(f"Only {name} correct: {len(positions)}{some}"))
            animations = [_animation(comparison, position, signs) for position in positions[:_MAX_ANIMATIONS]]
            blocks.append(html.gallery(animations))
    return [PAUSE_SWITCH, *blocks] if blocks else [html.paragraph("There are none.")]


def _animation(comparison: Comparison, position: int, signs: Mapping[int, Sign]) -> tuple[Markup, Markup]:
    both = (comparison.paired.first, comparison.paired.second)
    sign_id = both[0].provenances[position].sign_id or 0
    caption: list[str] = [sign_label(sign_id, signs), source_caption(both[0], position)]
    for name, predictions in zip(comparison.names, both, strict=True):
        caption.append(html.join(f"{name}: ", prediction_caption(predictions, position, signs)[0]))
    return skeleton_animation(both[0].take(position), f"a take of {name_sign(signs[sign_id])}"), html.lines(caption)
