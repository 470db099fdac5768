"""Runs side by side: in what they differ and what came of it."""

from collections.abc import Sequence

from trainer.evaluation.paired import PairedCounts, pair_predictions
from trainer.evaluation.predictions import HELD_OUT, TEST_CLIPS, Predictions
from trainer.reports import html as report
from trainer.reports.facts import differences
from trainer.reports.html import Html, interval, percent, points
from trainer.training.run_metadata import RunUnusable


def blocks(runs: Sequence[Predictions]) -> list[Html]:
    """What came of each run, against the first on the takes that neither learned from, and in what they differ."""
    names = [one.run.folder.name for one in runs]
    rows = [_row(one, runs[0]) for one in runs]
    head = ["run", "held out: top-1", "95 % interval", "NLL", "test clips: top-1", "NLL"]
    head += ["against the first", "95 % interval", "p", "takes"]
    changed = differences([one.run for one in runs])
    differing = [[name, *values] for name, values in changed.items()]
    return [
        report.table(head, rows, numbers=range(1, len(head))),
        report.text(
            f"Against {names[0]}: on the takes that neither learned from, by how many points more of them are read "
            "rightly, and how likely two equally good networks would differ this much (McNemar's exact test). Another "
            "seed alone makes a difference too, of which the test knows nothing. Shares of what runs held out compare "
            "only where they held out the same."
        ),
        report.heading("In what they differ"),
        report.table(["", *names], differing) if differing else report.text("In nothing that their notes tell."),
    ]


def _row(one: Predictions, first: Predictions) -> list[str]:
    row = [one.run.folder.name]
    kinds = one.by_source
    held_out, test = kinds.get(HELD_OUT), kinds.get(TEST_CLIPS)
    if held_out is None:
        row += ["-", "-", "-"]
    else:
        result = held_out.evaluation()
        row += [percent(result.overall.top1), interval(result.overall.top1_interval), f"{result.nll:.2f}"]
    if test is None:
        row += ["-", "-"]
    else:
        result = test.evaluation()
        row += [percent(result.overall.top1), f"{result.nll:.2f}"]
    pairs = None if one is first else _against(first, one)
    if pairs is None:
        return [*row, "-", "-", "-", "-"]
    return [*row, points(pairs.difference), _ends(pairs), f"{pairs.p_value:.2g}", str(pairs.count)]


def _against(first: Predictions, one: Predictions) -> PairedCounts | None:
    """None where the two have no take in common that neither learned from."""
    try:
        return pair_predictions(first, one).pairs["all"]
    except RunUnusable:
        return None


def _ends(pairs: PairedCounts) -> str:
    low, high = pairs.interval
    return f"{points(low)} to {points(high)}"
