"""How good a classifier is on labelled takes."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.take import Provenance

LAST_KARSL_SIGN: Final = 502
THRESHOLDS: Final = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
Interval = tuple[float, float]
_95_PERCENT: Final = 1.959964  # standard deviations


@dataclass(frozen=True, slots=True)
class Score:
    """Top-1 and top-5 accuracy over some takes, 0 to 1."""

    count: int
    top1: float
    top5: float

    @property
    def top1_interval(self) -> Interval:
        """Where top-1 lies with 95 % confidence."""
        return wilson(self.top1, self.count)

    @property
    def top5_interval(self) -> Interval:
        """Where top-5 lies with 95 % confidence."""
        return wilson(self.top5, self.count)


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many takes of a sign were read as another; `read_as` is None where they were read as no sign."""

    sign_id: int
    predicted: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Readings of about the same confidence: their mean confidence and the share of them that is right."""

    confidence: float
    accuracy: float
    count: int


@dataclass(frozen=True, slots=True)
class ThresholdMetrics:
    """What a threshold lets through: shares of all takes that are said, and that are said and wrong."""

    threshold: float
    coverage: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores over all takes, for each signer, for each sign, and for each of KArSL's kinds of sign."""

    overall: Score
    by_signer: dict[str, Score]
    by_sign: dict[int, Score]
    by_group: dict[str, Score]
    confusions: tuple[Confusion, ...]
    """What was read wrongly, the most frequent first."""
    reliability: tuple[Bin, ...]
    """From the least to the most confident."""
    calibration_error: float
    no_sign_count: int
    """Takes of a sign that were read as no sign."""
    nll: float
    """Mean negative log-likelihood of what was signed; finer than top-1, lower is better."""
    by_threshold: tuple[ThresholdMetrics, ...]
    """By thresholds that grow."""

    @property
    def named_scores(self) -> dict[str, Score]:
        """The score of all takes, of each signer's and of each kind of sign, in this order, with their names."""
        signers = {f"signer {signer}": score for signer, score in self.by_signer.items()}
        return {"all": self.overall} | signers | self.by_group

    @property
    def wrong_signs(self) -> tuple[int, ...]:
        """Signs that were not always read rightly, first those of which it is surest that they are read badly.

        So ten wrong of twenty come before one of one, which may have been bad luck.
        """
        wrong = [sign for sign, score in self.by_sign.items() if score.top1 < 1.0]
        return tuple(sorted(wrong, key=lambda sign: (self.by_sign[sign].top1_interval[1], sign)))


@dataclass(frozen=True, slots=True)
class HeldOutResult:
    """What a run with something held out scored on just that."""

    description: str
    evaluation: Evaluation


def group_of(sign_id: int) -> str:
    """KArSL's kind of a sign: 1-31 are numbers, 32-70 letters, the rest words; what lies beyond was taught."""
    if sign_id > LAST_KARSL_SIGN:
        return "taught words"
    return "numbers 1-31" if sign_id <= 31 else "letters 32-70" if sign_id <= 70 else "words 71-502"


def evaluate(
    probabilities: NDArray[np.float32], sign_ids: Sequence[int], provenances: Sequence[Provenance]
) -> Evaluation:
    """Scores of probabilities [takes, signs + 1], whose columns are `sign_ids` and "no sign".

    Each take's origin says which sign it is.
    """
    truth = np.array([origin.sign_id for origin in provenances])
    ranked = np.array([*sign_ids, 0])[np.argsort(-probabilities, axis=1)]
    first = ranked[:, 0] == truth
    among_five = (ranked[:, :5] == truth[:, None]).any(1)
    bins = reliability(probabilities.max(1), first)

    def score(chosen: NDArray[np.bool_]) -> Score:
        return Score(int(chosen.sum()), float(first[chosen].mean()), float(among_five[chosen].mean()))

    def by(keys: Sequence[str]) -> dict[str, Score]:
        column = np.array(keys)
        return {str(key): score(column == key) for key in sorted(set(keys))}

    return Evaluation(
        overall=score(np.ones(len(truth), np.bool_)),
        by_signer=by([origin.signer or "unknown" for origin in provenances]),
        by_sign={int(sign): score(truth == sign) for sign in np.unique(truth)},
        by_group=by([group_of(int(sign)) for sign in truth]),
        confusions=confusions(truth[~first], ranked[~first, 0]),
        reliability=bins,
        calibration_error=expected_calibration_error(bins),
        no_sign_count=int((ranked[:, 0] == 0).sum()),
        nll=negative_log_likelihood(probabilities, [sign_ids.index(int(sign)) for sign in truth]),
        by_threshold=threshold_metrics(probabilities.max(1), first, ranked[:, 0] == 0),
    )


def confusions(truth: NDArray[np.int64], read: NDArray[np.int64]) -> tuple[Confusion, ...]:
    """Wrong readings counted, the most frequent first; 0 is read as no sign."""
    counts = Counter(zip(truth.tolist(), read.tolist(), strict=True))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(sign_id, read_as or None, count) for (sign_id, read_as), count in ordered)


def reliability(confidence: NDArray[np.float32], right: NDArray[np.bool_], bins: int = 10) -> tuple[Bin, ...]:
    """Readings in equal bins of confidence; empty ones are left out."""
    which = np.clip((confidence * bins).astype(int), 0, bins - 1)
    return tuple(
        Bin(float(confidence[which == b].mean()), float(right[which == b].mean()), int((which == b).sum()))
        for b in sorted(set(which.tolist()))
    )


def negative_log_likelihood(probabilities: NDArray[np.float32], classes: Sequence[int]) -> float:
    """Mean negative log-likelihood of the right classes."""
    right = probabilities[np.arange(len(classes)), classes]
    return float(-np.log(np.maximum(right, np.finfo(np.float32).tiny)).mean())


def threshold_metrics(
    confidence: NDArray[np.float32], right: NDArray[np.bool_], none: NDArray[np.bool_]
) -> tuple[ThresholdMetrics, ...]:
    """What is said at thresholds of confidence; what is read as no sign is never said."""
    return tuple(
        ThresholdMetrics(threshold, float(spoken.mean()), float((spoken & ~right).mean()))
        for threshold in THRESHOLDS
        for spoken in ((confidence >= threshold) & ~none,)
    )


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance between how sure and how right, over bins of confidence (Guo et al. 2017)."""
    return sum(abs(one.confidence - one.accuracy) * one.count for one in bins) / sum(one.count for one in bins)


def wilson(share: float, count: int) -> Interval:
    """The interval in which a share, measured on `count` takes, truly lies with 95 % confidence (Wilson 1927).

    It takes every take for an independent trial. Takes of one signer resemble one another, so it says nothing about
    signers who were not among them.
    """
    spread = _95_PERCENT**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
