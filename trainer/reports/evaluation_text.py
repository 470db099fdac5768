"""A verdict as a table for people and as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from trainer.evaluation.evaluation import EvaluationResult
from trainer.evaluation.metrics import Confusion, Score
from trainer.reports.html import interval, percent


def as_json(verdict: EvaluationResult) -> str:
    """The verdict for programs."""
    result = verdict.evaluation
    content = verdict.metadata | _score(result.overall)
    content |= {
        "per_signer": _scores(result.by_signer),
        "per_sign": _scores(result.by_sign),
        "per_group": _scores(result.by_group),
        "confusion": [asdict(confusion) for confusion in result.confusions],
        "calibration_error": result.calibration_error,
        "reliability": [asdict(one) for one in result.reliability],
        "said_none": result.no_sign_count,
        "nll": result.nll,
        "said": [asdict(one) for one in result.by_threshold],
    }
    return json.dumps(content, indent=1)


def as_table(verdict: EvaluationResult) -> str:
    """The verdict for people; of the signs only those that were read wrongly."""
    result = verdict.evaluation
    rows = [*verdict.summary, ""]
    rows.append(f"{'':24} {'clips':>6} {'top-1':>8}  {'95 % interval':16} {'top-5':>8}  95 % interval")
    rows += [_line(name, score) for name, score in result.named_scores.items()]
    rows += [
        "",
        (
            f"calibration error {result.calibration_error:.3f}; NLL {result.nll:.3f}; "
            f"read as no sign: {result.no_sign_count}"
        ),
    ]
    rows.append(f"{'how sure':>24} {'how right':>9} {'clips':>6}")
    rows += [f"{percent(one.confidence):>24} {percent(one.accuracy):>9} {one.count:6}" for one in result.reliability]
    wrong = result.wrong_signs
    rows += ["", f"signs with a wrong reading: {len(wrong)} of {len(result.by_sign)}"]
    rows += [f"{_line(f'sign {sign}', result.by_sign[sign])}  {readings(sign, result.confusions)}" for sign in wrong]
    return "\n".join(rows)


def readings(sign_id: int, confusions: Sequence[Confusion]) -> str:
    """What a sign was read as, in words: `read as 38 (2), no sign (1)`."""
    those = [one for one in confusions if one.sign_id == sign_id]
    return "read as " + ", ".join(f"{one.predicted or 'no sign'} ({one.count})" for one in those)


def _line(name: str, score: Score) -> str:
    top1, top5 = interval(score.top1_interval), interval(score.top5_interval)
    return f"{name:24} {score.count:6} {percent(score.top1):>8}  {top1:16} {percent(score.top5):>8}  {top5:16}".rstrip()


def _score(score: Score) -> dict[str, Any]:
    return asdict(score) | {"top1_interval": list(score.top1_interval), "top5_interval": list(score.top5_interval)}


def _scores(table: Mapping[str, Score] | Mapping[int, Score]) -> dict[str, dict[str, Any]]:
    return {str(key): _score(score) for key, score in table.items()}
