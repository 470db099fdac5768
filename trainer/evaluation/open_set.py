"""Evaluates a bundle on an open set: clips of signs that it knows, and clips of signs that it does not know.

Every clip is classified as the daemon does it: its words are the segments of the spotter that pass the threshold. A
word on a clip of an unknown sign is false. The measures are those of open-set recognition: the rate of false words by
threshold, the AUROC of the confidence, and the rate of false words where 95 % of the right words are kept (FPR95).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from tqdm import tqdm

from landmarkers.take import TAKE_SUFFIX, StoredTake, Take
from models.bundle import Bundle
from models.classifier import Prediction
from trainer.data.footage import find_footage, read_landmarks
from trainer.evaluation.evaluation import NothingToEvaluate
from trainer.evaluation.metrics import THRESHOLDS, Interval, wilson_interval
from trainer.evaluation.stream_classifier import Segment, StreamClassifier

ALL: Final = "all"
_KEPT: Final = 0.95  # of the right words
_DEVIATIONS: Final = 1.96  # of a normal distribution, within which 95 % lie

Confidences = NDArray[np.float64]
"""Of each clip the highest threshold at which a word is said; 0 where none is at any."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The fraction of clips on which a word is said, counted."""

    said: int
    count: int

    @classmethod
    def of(cls, confidences: Confidences, threshold: float) -> "Rate":
        """Count the clips whose confidence reaches a threshold."""
        return cls(int(((confidences >= threshold) & (confidences > 0.0)).sum()), len(confidences))

    @property
    def fraction(self) -> float:
        """The fraction, 0 to 1."""
        return self.said / self.count

    @property
    def interval(self) -> Interval:
        """The 95 % confidence interval (Wilson)."""
        return wilson_interval(self.fraction, self.count)


@dataclass(frozen=True, slots=True, eq=False)
class OpenSetEvaluation:
    """The confidences of right and of wrong words on clips of known signs, and of words on clips of unknown signs.

    Those are kept by the path that was named, and `said` are their words, with the name of the clip.
    """

    title: str
    description: tuple[str, ...]
    threshold: float
    """The bundle's own."""
    right: Confidences
    wrong: Confidences
    false: Mapping[str, Confidences]
    said: tuple[tuple[str, Segment], ...]
    unreadable: tuple[str, ...] = ()

    @property
    def false_by_source(self) -> dict[str, Confidences]:
        """The confidences of false words by path and, if there are several paths, of all."""
        every = {ALL: self.all_false} if len(self.false) > 1 else {}
        return {**self.false, **every}

    @property
    def all_false(self) -> Confidences:
        """The confidences of false words on all clips of unknown signs."""
        return np.concatenate(list(self.false.values()))

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The thresholds at which rates are reported, the bundle's own among them."""
        return tuple(sorted({*THRESHOLDS[1:], self.threshold}))

    @property
    def keeping_threshold(self) -> float:
        """The highest threshold that keeps 95 % of the right words."""
        right = np.sort(self.right[self.right > 0.0])
        return float(right[int((1.0 - _KEPT) * len(right) + 1e-9)])

    def auroc(self, false: Confidences) -> tuple[float, Interval]:
        """Return the area under the ROC curve of known against these unknown clips, and its 95 % interval.

        It is the probability that a clip of a known sign gets a higher confidence than one of an unknown sign. The
        interval is that of Hanley and McNeil 1982.
        """
        area = area_under_roc(np.maximum(self.right, self.wrong), false)
        known, unknown = len(self.right), len(false)
        of_pairs = (known - 1) * (area / (2 - area) - area**2) + (unknown - 1) * (2 * area**2 / (1 + area) - area**2)
        deviation = sqrt((area * (1 - area) + of_pairs) / (known * unknown))
        return area, (max(0.0, area - _DEVIATIONS * deviation), min(1.0, area + _DEVIATIONS * deviation))


def area_under_roc(known: Confidences, unknown: Confidences) -> float:
    """Return the probability that a known clip has a higher confidence than an unknown one; equal ones count half."""
    ranks = rankdata(np.concatenate([known, unknown]))
    above = ranks[: len(known)].sum() - len(known) * (len(known) + 1) / 2
    return float(above / (len(known) * len(unknown)))


def evaluate_open_set(
    bundle: Bundle, takes: Sequence[Take], source: str, paths: Sequence[Path], unreadable: Sequence[str]
) -> OpenSetEvaluation:
    """Evaluate a bundle on takes of known signs, which `source` describes, and on clips and takes of unknown ones.

    A clip below `paths` counts as unknown by whatever name; takes of signs that the bundle knows are left out there.
    Raises NothingToEvaluate, RecordingUnreadable, TakeDamaged, BundleRefused.
    """
    title, signs = bundle.manifest.title, {sign.sign_id for sign in bundle.signs}
    classifier = StreamClassifier(bundle)
    unknown, left_out = _find_unknown(bundle, paths)
    right, wrong = [], []
    for take in tqdm(takes, desc="known signs", unit="clip"):
        sign_id = take.provenance.sign_id
        if sign_id in signs:
            segments = classifier.classify(take.landmarks())
            right.append(_confidence(segments, {sign_id}))
            wrong.append(_confidence(segments, signs - {sign_id}))
    if not any(right):
        raise NothingToEvaluate(f"{title} says the word of none of the {source}")
    false: dict[str, list[float]] = {name: [] for name in unknown}
    said: list[tuple[str, Segment]] = []
    clips = [(name, clip) for name, clips in unknown.items() for clip in clips]
    for name, clip in tqdm(clips, desc="unknown signs", unit="clip"):
        segments = classifier.classify(read_landmarks(clip, bundle.manifest.parts, bundle.manifest.landmarker))
        false[name].append(_confidence(segments, signs))
        said += [(clip.name, segment) for segment in segments if segment.emitted]
    beside = f"on {len(clips)} clips of signs that it does not know, as words of the daemon"
    description = [f"{title} on {len(right)} {source}, and {beside}."]
    if left_out:
        description.append(f"Left out of the latter: {left_out} takes of signs that it knows, or augmented.")
    return OpenSetEvaluation(
        title,
        tuple(description),
        bundle.manifest.calibration.threshold,
        np.array(right),
        np.array(wrong),
        {name: np.array(confidences) for name, confidences in false.items()},
        tuple(said),
        tuple(unreadable),
    )


def _find_unknown(bundle: Bundle, paths: Sequence[Path]) -> tuple[dict[str, list[Path]], int]:
    """Return the clips of unknown signs by path, and the number of takes left out. Raises NothingToEvaluate."""
    known = {sign.sign_id for sign in bundle.signs}
    unknown: dict[str, list[Path]] = {}
    left_out = 0
    for path in paths:
        found = find_footage([path])
        kept = [clip for clip in found if not (clip.name.endswith(TAKE_SUFFIX) and _is_left_out(clip, known))]
        if not kept:
            raise NothingToEvaluate(f"{path} holds only takes of signs that {bundle.manifest.title} knows")
        left_out += len(found) - len(kept)
        unknown[str(path)] = kept
    return unknown, left_out


def _is_left_out(take: Path, known: Collection[int]) -> bool:
    provenance = StoredTake.load(take).provenance
    return provenance.sign_id in known or provenance.variant > 0


def _confidence(segments: Sequence[Segment], sign_ids: Collection[int | None]) -> float:
    """Return the highest threshold at which one of these signs is said, 0 if none is at any."""
    said = (one for one in segments if one.best.sign.sign_id in sign_ids)
    return max((Prediction((one.best,), one.no_sign).highest_threshold for one in said), default=0.0)
