"""Runs side by side in a report: their scores, and the metadata in which they differ."""

from collections.abc import Sequence

from markupsafe import Markup

from trainer.evaluation.paired import PairedCounts, pair_predictions
from trainer.evaluation.predictions import HELD_OUT, TEST_CLIPS, Predictions
from trainer.reports import html
from trainer.reports.facts import differences
from trainer.reports.formatting import interval, percent, point_interval, points
from trainer.training.run_metadata import RunUnusable


def ablation_section(runs: Sequence[Predictions]) -> list[Markup]:
    """Return each run's scores, its difference from the first run on common unseen takes, and differing metadata."""
    names = [one.run.folder.name for one in runs]
    rows = [_row(one, runs[0]) for one in runs]
    head = ["run", "held out: top-1", "95 % interval", "NLL", "test clips: top-1", "NLL"]
    head += ["difference", "95 % interval", "p", "takes"]
    differing = [[name, *values] for name, values in differences([one.run for one in runs]).items()]
    return [
        html.table(head, rows, numeric=range(1, len(head))),
        html.paragraph(
            f"Difference from {names[0]}: on the takes that neither was trained on, how many points more of them are "
            "classified correctly, and the probability that equally good networks differ this much (McNemar's exact "
            "test). Another seed alone makes a difference too, which the test does not include. Scores on held-out "
            "takes can be compared only between runs that held out the same takes."
        ),
        html.heading("Differences in metadata"),
        html.table(["", *names], differing) if differing else html.paragraph("There are no differences in metadata."),
    ]


def _row(one: Predictions, first: Predictions) -> list[str]:
    row = [one.run.folder.name]
    held_out, test = one.by_source.get(HELD_OUT), one.by_source.get(TEST_CLIPS)
    if held_out is None:
        row += ["-", "-", "-"]
    else:
        evaluation = held_out.evaluation()
        overall = evaluation.overall
        row += [percent(overall.top1), interval(overall.top1_interval), f"{evaluation.nll:.2f}"]
    if test is None:
        row += ["-", "-"]
    else:
        evaluation = test.evaluation()
        row += [percent(evaluation.overall.top1), f"{evaluation.nll:.2f}"]
    counts = None if one is first else _counts(first, one)
    if counts is None:
        return [*row, "-", "-", "-", "-"]
    return [
        *row,
        points(counts.difference),
        point_interval(counts.interval),
        f"{counts.p_value:.2g}",
        str(counts.count),
    ]


def _counts(first: Predictions, one: Predictions) -> PairedCounts | None:
    """Return the paired counts of all common takes, or None if there is no take that neither was trained on."""
    try:
        return pair_predictions(first, one).counts["all"]
    except RunUnusable:
        return None
