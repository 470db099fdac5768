"""Writes the gain and the forgetting by fine-tuning as a table."""

from collections.abc import Mapping

from trainer.evaluation.forgetting import ForgettingReport


def to_table(reports: Mapping[str, ForgettingReport]) -> str:
    """Return a table for a terminal."""
    rows = [f"{'':36} {'takes':>6} {'before':>7} {'after':>7}"]
    rows += [
        f"{kind:36} {one.count:6} {one.before / one.count:7.1%} {one.after / one.count:7.1%}"
        for kind, one in reports.items()
    ]
    return "\n".join(rows)
