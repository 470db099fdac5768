"""How well a bundle reads running streams, for people and for programs."""

from collections.abc import Sequence
from typing import Any

from trainer.words import Condition


def content(model: str, conditions: Sequence[Condition]) -> dict[str, Any]:
    """What the command prints as JSON."""
    rows = [_row(condition) for condition in conditions]
    return {"model": model, "conditions": rows[:-1], "all": rows[-1]}


def table(content: dict[str, Any]) -> str:
    """The content as a table for people."""
    head = f"{content['model']:20} {'signs':>6} {'right':>7} {'wrong':>6} {'missed':>6} {'inserted':>13}"
    lines = [f"{head} {'delay p50':>9} {'p95':>7}"]
    for row in (*content["conditions"], content["all"]):
        named = "all" if row["rate"] is None else f"{row['rate']} frames/s, {'rest' if row['rest'] else 'no rest'}"
        lines.append(
            f"{named:20} {row['words']:6} {row['right_share']:7.1%} {row['substitutions']:6} {row['misses']:6} "
            f"{row['insertions']:5} {row['insertions_share']:7.1%} {_seconds(row['delay_p50_s']):>9} "
            f"{_seconds(row['delay_p95_s']):>7}"
        )
    return "\n".join(lines)


def _row(condition: Condition) -> dict[str, Any]:
    tally = condition.tally
    return {
        "rate": condition.rate,
        "rest": condition.with_rest,
        "words": tally.words,
        "right": tally.right,
        "substitutions": tally.substitutions,
        "misses": tally.misses,
        "insertions": tally.insertions,
        "right_share": round(tally.right / tally.words, 4),
        "insertions_share": round(tally.insertions / tally.words, 4),
        "delay_p50_s": tally.delay(50),
        "delay_p95_s": tally.delay(95),
    }


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"
