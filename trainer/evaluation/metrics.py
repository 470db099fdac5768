"""Metrics of a classifier on labelled takes: accuracy with intervals, confusions, calibration, likelihood."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, t

from landmarkers.take import Provenance
from models.karsl import review
from models.labels import Sign

_NO_SIGN: Final = -1  # beside the numbers of signs, which begin at 0
_GROUPS: Final = {"letter": "letters", "number": "numbers", "word": "words", None: "other signs"}
THRESHOLDS: Final = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Score:
    """Top-1 and top-5 accuracy on some takes, 0 to 1."""

    count: int
    top1: float
    top5: float

    @property
    def top1_interval(self) -> Interval:
        """The 95 % confidence interval of top-1."""
        return wilson_interval(self.top1, self.count)

    @property
    def top5_interval(self) -> Interval:
        """The 95 % confidence interval of top-5."""
        return wilson_interval(self.top5, self.count)


@dataclass(frozen=True, slots=True)
class Confusion:
    """The number of takes of a sign that were classified as another sign; `predicted` is None for no sign."""

    sign_id: int
    predicted: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of similar confidence: their mean confidence and the fraction of them that is correct."""

    confidence: float
    accuracy: float
    count: int


@dataclass(frozen=True, slots=True)
class ThresholdMetrics:
    """Fractions of all takes whose word is emitted at a threshold (coverage), and emitted but wrong."""

    threshold: float
    coverage: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Metrics on all takes, with scores by signer, by sign and, where the labels tell them, by kind of sign."""

    overall: Score
    by_signer: dict[str, Score]
    by_sign: dict[int, Score]
    by_group: dict[str, Score]
    confusions: tuple[Confusion, ...]
    """Wrong predictions, the most frequent first."""
    reliability: tuple[Bin, ...]
    """From the lowest to the highest confidence."""
    calibration_error: float
    no_sign_count: int
    """Takes of a sign that were classified as no sign."""
    nll: float
    """Mean negative log-likelihood of the true signs; more sensitive than top-1, lower is better."""
    by_threshold: tuple[ThresholdMetrics, ...]
    """In ascending order of thresholds."""

    @property
    def named_scores(self) -> dict[str, Score]:
        """The scores of all takes, of each signer and of each group of signs, in this order, with their names."""
        signers = {f"signer {signer}": score for signer, score in self.by_signer.items()}
        return {"all": self.overall} | signers | self.by_group

    @property
    def wrong_signs(self) -> tuple[int, ...]:
        """Signs with a wrong prediction, in ascending order of their interval's upper end.

        So ten wrong of twenty come before one of one, which may be bad luck.
        """
        wrong = {sign: score.top1_interval[1] for sign, score in self.by_sign.items() if score.top1 < 1.0}
        return tuple(sorted(wrong, key=lambda sign: (wrong[sign], sign)))


@dataclass(frozen=True, slots=True)
class HeldOutResult:
    """Metrics of a run on the takes that it held out, with a description of these."""

    description: str
    evaluation: Evaluation


def evaluate(
    probabilities: NDArray[np.float32], signs: Sequence[Sign], provenances: Sequence[Provenance]
) -> Evaluation:
    """Return the metrics of probabilities [takes, signs + 1], whose columns are these signs and "no sign".

    Each take's provenance holds its true sign.
    """
    sign_ids = [sign.sign_id for sign in signs]
    truth = np.array([provenance.sign_id for provenance in provenances])
    ranked = np.array([*sign_ids, _NO_SIGN])[np.argsort(-probabilities, axis=1)]
    correct = ranked[:, 0] == truth
    in_top5 = (ranked[:, :5] == truth[:, None]).any(1)
    bins = reliability(probabilities.max(1), correct)

    def score(mask: NDArray[np.bool_]) -> Score:
        return Score(int(mask.sum()), float(correct[mask].mean()), float(in_top5[mask].mean()))

    def score_by(keys: Sequence[str]) -> dict[str, Score]:
        column = np.array(keys)
        return {str(key): score(column == key) for key in sorted(set(keys))}

    return Evaluation(
        overall=score(np.ones(len(truth), np.bool_)),
        by_signer=score_by([provenance.signer or "unknown" for provenance in provenances]),
        by_sign={int(sign): score(truth == sign) for sign in np.unique(truth)},
        by_group=score_by(groups_of(truth.tolist(), signs)),
        confusions=confusions(truth[~correct], ranked[~correct, 0]),
        reliability=bins,
        calibration_error=expected_calibration_error(bins),
        no_sign_count=int((ranked[:, 0] == _NO_SIGN).sum()),
        nll=negative_log_likelihood(probabilities, [sign_ids.index(int(sign)) for sign in truth]),
        by_threshold=threshold_metrics(probabilities.max(1), correct, ranked[:, 0] == _NO_SIGN),
    )


def groups_of(sign_ids: Sequence[int | None], signs: Sequence[Sign]) -> list[str]:
    """Return the kind of each of these signs, as the title of a row; an empty list if no label tells a kind."""
    kinds = {sign.sign_id: review(sign).kind for sign in signs}
    groups = [kinds[sign_id] for sign_id in sign_ids if sign_id is not None]
    return [_GROUPS[kind] for kind in groups] if any(groups) else []


def confusions(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> tuple[Confusion, ...]:
    """Count wrong predictions, the most frequent first; a predicted -1 is no sign."""
    counts = Counter(zip(truth.tolist(), predicted.tolist(), strict=True))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(sign_id, None if other == _NO_SIGN else other, count) for (sign_id, other), count in ordered)


def reliability(confidence: NDArray[np.float32], correct: NDArray[np.bool_], bins: int = 10) -> tuple[Bin, ...]:
    """Group predictions into equal bins of confidence; empty bins are left out."""
    which = np.clip((confidence * bins).astype(int), 0, bins - 1)
    return tuple(
        Bin(float(confidence[which == b].mean()), float(correct[which == b].mean()), int((which == b).sum()))
        for b in sorted(set(which.tolist()))
    )


def negative_log_likelihood(probabilities: NDArray[np.float32], targets: Sequence[int]) -> float:
    """Return the mean negative log-likelihood of the target classes."""
    likelihood = probabilities[np.arange(len(targets)), targets]
    return float(-np.log(np.maximum(likelihood, np.finfo(np.float32).tiny)).mean())


def threshold_metrics(
    confidence: NDArray[np.float32], correct: NDArray[np.bool_], no_sign: NDArray[np.bool_]
) -> tuple[ThresholdMetrics, ...]:
    """Return the metrics at each threshold; a take classified as no sign is never emitted."""
    return tuple(
        ThresholdMetrics(threshold, float(emitted.mean()), float((emitted & ~correct).mean()))
        for threshold in THRESHOLDS
        for emitted in ((confidence >= threshold) & ~no_sign,)
    )


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance between confidence and accuracy over bins (Guo et al. 2017)."""
    return sum(abs(one.confidence - one.accuracy) * one.count for one in bins) / sum(one.count for one in bins)


def seed_interval(values: Sequence[float]) -> Interval | None:
    """Return the 95 % confidence interval of a mean over runs of several seeds (Student's t); None for one run alone.

    It says how much training itself varies, and nothing about other takes.
    """
    if len(values) < 2:
        return None
    half = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1)) / len(values) ** 0.5
    mean = sum(values) / len(values)
    return max(0.0, mean - half), min(1.0, mean + half)


def wilson_interval(fraction: float, count: int) -> Interval:
    """Return the 95 % confidence interval of a fraction measured on `count` takes (Wilson 1927).

    It treats every take as an independent trial. Takes of one signer resemble each other, so the interval says nothing
    about other signers.
    """
    interval = binomtest(round(fraction * count), count).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)
