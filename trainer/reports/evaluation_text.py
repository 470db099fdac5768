"""An evaluation as a table for people and as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from models.labels import Sign
from trainer.data.sign_names import name_sign, name_word
from trainer.evaluation.evaluation import EvaluationResult
from trainer.evaluation.leave_one_signer_out import UnseenSigners, mean_score
from trainer.evaluation.metrics import Confusion, Score, seed_interval
from trainer.reports.formatting import interval, percent


def summary(result: EvaluationResult) -> list[str]:
    """Return sentences on what was evaluated and, on unseen signers, the mean and the worst of them."""
    if result.unseen_signers is None:
        return list(result.description)
    unseen = result.unseen_signers
    signer, worst = unseen.worst
    mean, of_signs = mean_score(unseen.mean_by_seed), mean_score(unseen.sign_mean_by_seed)
    figures = (
        f"Mean of the {len(unseen.by_seed)} signers: top-1 {percent(mean.top1)}{_over_seeds(unseen.mean_by_seed)}, "
        f"top-5 {percent(mean.top5)}. "
        f"Mean of the {len(unseen.evaluation.by_sign)} signs: top-1 {percent(of_signs.top1)}"
        f"{_over_seeds(unseen.sign_mean_by_seed)}. "
        f"Worst: signer {signer}, top-1 {percent(worst.top1)} ({interval(worst.top1_interval)})."
    )
    seeds = list(unseen.evaluations)
    if len(seeds) == 1:
        return [result.description[0], figures, *result.description[1:]]
    each = [
        f"Signer {name}, mean of {len(seeds)} seeds: top-1 {percent(score.top1)} of {score.count} "
        f"({interval(score.top1_interval)}){_over_seeds(scores)}, top-5 {percent(score.top5)}."
        for name, scores in unseen.by_seed.items()
        for score in (mean_score(scores),)
    ]
    return [result.description[0], figures, *each, *result.description[1:], f"What follows is of seed {seeds[0]}."]


def to_json(result: EvaluationResult) -> str:
    """Return the evaluation as JSON; fractions from 0 to 1."""
    evaluation, signs = result.evaluation, result.signs_by_id
    content = result.metadata | _score(evaluation.overall)
    if result.unseen_signers is not None:
        content["over_seeds"] = _unseen(result.unseen_signers)
    content |= {
        "by_signer": _scores(evaluation.by_signer),
        "by_sign": {
            str(sign_id): {"word": signs[sign_id].word, "word_en": signs[sign_id].word_en} | _score(score)
            for sign_id, score in evaluation.by_sign.items()
        },
        "by_group": _scores(evaluation.by_group),
        "confusions": [_confusion(confusion, signs) for confusion in evaluation.confusions],
        "calibration_error": evaluation.calibration_error,
        "reliability": [asdict(one) for one in evaluation.reliability],
        "no_sign_count": evaluation.no_sign_count,
        "nll": evaluation.nll,
        "by_threshold": [asdict(one) for one in evaluation.by_threshold],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def to_table(result: EvaluationResult) -> str:
    """Return the evaluation for a terminal; of the signs only those with a wrong prediction."""
    evaluation = result.evaluation
    rows = [*summary(result), ""]
    rows.append(f"{'':24} {'clips':>6} {'top-1':>8}  {'95 % interval':16} {'top-5':>8}  95 % interval")
    rows += [_line(name, score) for name, score in evaluation.named_scores.items()]
    figures = f"calibration error {evaluation.calibration_error:.3f}; NLL {evaluation.nll:.3f}"
    rows += ["", f"{figures}; classified as no sign: {evaluation.no_sign_count}"]
    rows.append(f"{'confidence':>24} {'accuracy':>9} {'clips':>6}")
    rows += [
        f"{percent(one.confidence):>24} {percent(one.accuracy):>9} {one.count:6}" for one in evaluation.reliability
    ]
    wrong, signs = evaluation.wrong_signs, result.signs_by_id
    rows += ["", f"signs with a wrong prediction: {len(wrong)} of {len(evaluation.by_sign)}"]
    rows += [
        f"{_line(f'sign {sign}', evaluation.by_sign[sign])}  {name_word(signs[sign])}, "
        f"{_predictions(sign, evaluation.confusions, signs)}"
        for sign in wrong
    ]
    return "\n".join(rows)


def _over_seeds(scores: Sequence[Score]) -> str:
    """Return the interval of a mean over seeds, or nothing for one seed."""
    ends = seed_interval([score.top1 for score in scores])
    return "" if ends is None else f" ({interval(ends)} over seeds)"


def _unseen(unseen: UnseenSigners) -> dict[str, Any]:
    """Return the means over seeds of all signers, of all signs and of each signer."""
    means = {"mean_of_signers": unseen.mean_by_seed, "mean_of_signs": unseen.sign_mean_by_seed}
    rows = {name: _over_seeds_of(scores) for name, scores in means.items()}
    return rows | {
        f"signer {signer}": _over_seeds_of(scores) | _score(mean_score(scores))
        for signer, scores in unseen.by_seed.items()
    }


def _over_seeds_of(scores: Sequence[Score]) -> dict[str, Any]:
    mean, top1 = mean_score(scores), [score.top1 for score in scores]
    return {"top1": mean.top1, "top5": mean.top5, "top1_by_seed": top1, "top1_seed_interval": seed_interval(top1)}


def _predictions(sign_id: int, confusions: Sequence[Confusion], signs: Mapping[int, Sign]) -> str:
    """Return the wrong predictions of a sign: `classified as 38 · خ (khaa) 2 times, no sign once`."""
    those = [one for one in confusions if one.sign_id == sign_id]
    return "classified as " + ", ".join(f"{_name(one.predicted, signs)} {_times(one.count)}" for one in those)


def _name(sign_id: int | None, signs: Mapping[int, Sign]) -> str:
    return "no sign" if sign_id is None else name_sign(signs[sign_id])


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _confusion(confusion: Confusion, signs: Mapping[int, Sign]) -> dict[str, Any]:
    """Return a confusion with the words of both signs; None where no sign was predicted."""
    predicted = None if confusion.predicted is None else signs[confusion.predicted]
    return asdict(confusion) | {
        "word": signs[confusion.sign_id].word,
        "predicted_word": None if predicted is None else predicted.word,
    }


def _line(name: str, score: Score) -> str:
    top1, top5 = interval(score.top1_interval), interval(score.top5_interval)
    return f"{name:24} {score.count:6} {percent(score.top1):>8}  {top1:16} {percent(score.top5):>8}  {top5:16}".rstrip()


def _score(score: Score) -> dict[str, Any]:
    return asdict(score) | {"top1_interval": list(score.top1_interval), "top5_interval": list(score.top5_interval)}


def _scores(table: Mapping[str, Score]) -> dict[str, dict[str, Any]]:
    return {key: _score(score) for key, score in table.items()}
