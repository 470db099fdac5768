"""How good a classifier is on labelled takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.take import Origin

LAST_OF_KARSL: Final = 502


@dataclass(frozen=True, slots=True)
class Score:
    """Top-1 and top-5 accuracy over some takes, 0 to 1."""

    count: int
    top1: float
    top5: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores over all takes, for each signer, for each sign, and for each of KArSL's kinds of sign."""

    overall: Score
    by_signer: dict[str, Score]
    by_sign: dict[int, Score]
    by_group: dict[str, Score]
    calibration_error: float
    said_none: int
    """Takes of a sign that were read as no sign."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What a run with something held out scored on just that."""

    described: str
    evaluation: Evaluation


def group_of(sign_id: int) -> str:
    """KArSL's kind of a sign: 1-31 are numbers, 32-70 letters, the rest words; what lies beyond was taught."""
    if sign_id > LAST_OF_KARSL:
        return "taught words"
    return "numbers 1-31" if sign_id <= 31 else "letters 32-70" if sign_id <= 70 else "words 71-502"


def evaluate(probabilities: NDArray[np.float32], sign_ids: Sequence[int], origins: Sequence[Origin]) -> Evaluation:
    """Scores of probabilities [takes, signs + 1], whose columns are `sign_ids` and "no sign".

    Each take's origin says which sign it is.
    """
    truth = np.array([origin.sign_id for origin in origins])
    ranked = np.array([*sign_ids, 0])[np.argsort(-probabilities, axis=1)]
    first = ranked[:, 0] == truth
    among_five = (ranked[:, :5] == truth[:, None]).any(1)

    def score(chosen: NDArray[np.bool_]) -> Score:
        return Score(int(chosen.sum()), float(first[chosen].mean()), float(among_five[chosen].mean()))

    def by(keys: Sequence[str]) -> dict[str, Score]:
        column = np.array(keys)
        return {str(key): score(column == key) for key in sorted(set(keys))}

    return Evaluation(
        overall=score(np.ones(len(truth), np.bool_)),
        by_signer=by([origin.signer or "unknown" for origin in origins]),
        by_sign={int(sign): score(truth == sign) for sign in np.unique(truth)},
        by_group=by([group_of(int(sign)) for sign in truth]),
        calibration_error=expected_calibration_error(probabilities.max(1), first),
        said_none=int((ranked[:, 0] == 0).sum()),
    )


def expected_calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Mean distance between how sure and how right, over equal bins of confidence (Guo et al. 2017)."""
    which = np.clip((confidence * bins).astype(int), 0, bins - 1)
    gaps = [
        abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).mean() for b in set(which.tolist())
    ]
    return float(sum(gaps))
