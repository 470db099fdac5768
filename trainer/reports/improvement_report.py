"""The report of a comparison of a fine-tuned bundle with its parent as one HTML file."""

from typing import Final

from markupsafe import Markup
from matplotlib.figure import Figure

from trainer.data.sign_names import name_sign
from trainer.evaluation.improvement import Answer, ComparedTake, Improvement
from trainer.evaluation.metrics import wilson_interval
from trainer.reports import html, improvement_text, plots
from trainer.reports.curves import curves_section, read_curves
from trainer.reports.formatting import percent, point_interval, points
from trainer.reports.sign_labels import sign_label
from trainer.reports.skeleton_animation import PAUSE_SWITCH, skeleton_animation
from trainer.training.run import Run

_MAX_ANIMATIONS: Final = 12  # of the takes that only one bundle classifies correctly


def to_html(improvement: Improvement, run: Run) -> str:
    """Return the report; the run is the one that fine-tuned the bundle."""
    sentences = [improvement_text.conclusion(improvement), *improvement_text.remarks(improvement)]
    alt = f"accuracy of {improvement.old} and {improvement.new} on each group of takes, with 95 % intervals"
    sections = {
        "Summary": [*map(html.paragraph, sentences), _tiles(improvement)],
        "Accuracy": [plots.to_svg(draw_accuracy(improvement), alt), _table(improvement)],
        "Changed takes": _changed_takes(improvement),
        "Training": [html.paragraph(_sentence(run.description)), *curves_section({"": read_curves(run.folder)})],
    }
    return html.page(f"{improvement.new} compared with {improvement.old}", sections)


def draw_accuracy(improvement: Improvement) -> Figure:
    """Draw both accuracies on each group of takes with their intervals."""
    groups = improvement.groups
    figure = plots.figure(8.4, 1.0 + 0.5 * len(groups))
    (plot,) = plots.axes(figure)
    for shift, name, colour in ((-0.14, improvement.old, plots.ORANGE), (0.14, improvement.new, plots.BLUE)):
        fractions = [group.counts.first if shift < 0 else group.counts.second for group in groups]
        ends = [wilson_interval(one, len(group.takes)) for one, group in zip(fractions, groups, strict=True)]
        below = [max(0.0, one - low) for one, (low, _) in zip(fractions, ends, strict=True)]
        above = [max(0.0, high - one) for one, (_, high) in zip(fractions, ends, strict=True)]
        rows = [number + shift for number in range(len(groups))]
        plot.errorbar(fractions, rows, xerr=(below, above), fmt="o", color=colour, capsize=3, label=name)
    plot.set(xlim=(-0.02, 1.02), xlabel="accuracy", ylim=(len(groups) - 0.5, -0.5))
    plot.set_yticks(range(len(groups)), [f"{group.title} ({len(group.takes)})" for group in groups])
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    return figure


def _tiles(improvement: Improvement) -> Markup:
    figures = []
    for group in improvement.groups:
        counts = group.counts
        detail = f"{percent(counts.first)} before, {counts.count} takes"
        if not group.of_new_words:
            detail += f"; {points(counts.difference)} ({point_interval(counts.interval)}) points"
        figures.append((group.title, percent(counts.second), detail))
    return html.tiles(figures)


def _table(improvement: Improvement) -> Markup:
    rows = []
    for group in improvement.groups:
        *figures, verdict = improvement_text.cells(group)
        marked = html.highlight(verdict, "worse" if group.is_worse else "")
        rows.append([group.title, *figures, marked])
    table = html.table(improvement_text.head(improvement), rows, range(1, 7))
    return html.join(table, html.paragraph(improvement_text.ABOUT))


def _changed_takes(improvement: Improvement) -> list[Markup]:
    blocks: list[Markup] = []
    for title, is_won in ((f"Lost by {improvement.new}", False), (f"Won by {improvement.new}", True)):
        takes = [one for one in improvement.changed if one.is_new_right is is_won]
        if takes:
            some = f", {_MAX_ANIMATIONS} of them" if len(takes) > _MAX_ANIMATIONS else ""
            blocks.append(html.heading(f"{title}: {len(takes)}{some}"))
            blocks.append(html.gallery([_animation(improvement, one) for one in takes[:_MAX_ANIMATIONS]]))
    return [PAUSE_SWITCH, *blocks] if blocks else [html.paragraph("Both classify the same takes correctly.")]


def _animation(improvement: Improvement, one: ComparedTake) -> tuple[Markup, Markup]:
    sign_id = one.provenance.sign_id or 0
    caption: list[str] = [
        sign_label(sign_id, improvement.signs),
        f"signer {one.provenance.signer or 'unknown'}",
        *(_answer(improvement, *pair) for pair in ((improvement.old, one.old), (improvement.new, one.new))),
    ]
    alt = f"a take of {name_sign(improvement.signs[sign_id])}"
    return skeleton_animation(one.take, alt) if one.take else Markup(), html.lines(caption)


def _answer(improvement: Improvement, title: str, answer: Answer) -> Markup:
    return html.join(f"{title}: ", sign_label(answer.sign_id, improvement.signs), f", {percent(answer.probability)}")


def _sentence(description: str) -> str:
    return f"{description[:1].upper()}{description[1:]}."
