"""How often the word of a sign was said on running streams, how late, and why not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np

from trainer.evaluation.alignment import Segment, StreamResult
from trainer.evaluation.streams import ReferenceSign


class ErrorCause(StrEnum):
    """Why a sign's word was not said, by the stretch that covers most of the sign."""

    NOT_SEGMENTED = "not cut"  # no stretch touches the sign
    MERGED = "cut with another sign"  # the stretch covers at least half of another sign too
    NO_SIGN = "read as no sign"
    LOW_CONFIDENCE = "too unlikely"
    MISCLASSIFIED = "read as another sign"
    MISALIGNED = "said, not counted"  # it counts for a sign beside it


@dataclass(frozen=True, slots=True)
class StreamMetrics:
    """How many signs there were and what became of them, how long after each sign's end its word came, and why not."""

    words: int
    correct: int
    substitutions: int
    deletions: int
    insertions: int
    delays_s: tuple[float, ...]
    error_causes: dict[ErrorCause, int]

    @classmethod
    def of(cls, judged: Iterable[StreamResult]) -> Self:
        """The count over any number of streams."""
        judged = list(judged)
        pairs = [pair for one in judged for pair in one.pairs]
        delays = tuple(
            pair.segment.emitted_at - pair.signed.end
            for pair in pairs
            if pair.is_correct and pair.segment and pair.signed
        )
        reasons = Counter(
            error_cause(pair.signed, one.signed, one.segments)
            for one in judged
            for pair in one.pairs
            if pair.signed and not pair.is_correct
        )
        misses = sum(pair.segment is None for pair in pairs)
        insertions = sum(pair.signed is None for pair in pairs)
        substitutions = len(pairs) - len(delays) - misses - insertions
        words = len(pairs) - insertions
        return cls(words, len(delays), substitutions, misses, insertions, delays, dict(reasons))

    @property
    def correct_rate(self) -> float:
        """Words right, of all that were signed."""
        return self.correct / self.words

    @property
    def insertion_rate(self) -> float:
        """Words said that nobody signed, as a share of what was signed."""
        return self.insertions / self.words

    def delay_percentile(self, percent: float) -> float | None:
        """So many in a hundred words come this soon after the sign's end, or sooner; None when none came."""
        return float(np.percentile(self.delays_s, percent)) if self.delays_s else None


@dataclass(frozen=True, slots=True)
class Condition:
    """What became of the signs at one rate of frames, with rest between them or without; None stands for all."""

    rate: int | None
    with_rest: bool | None
    metrics: StreamMetrics


def by_condition(judged: Sequence[StreamResult]) -> list[Condition]:
    """The tallies of each rate with rest and without, and last of all together."""
    rates = sorted({one.rate for one in judged})
    wanted = [(rate, with_rest) for with_rest in (True, False) for rate in rates]
    each = [
        Condition(rate, rest, StreamMetrics.of(one for one in judged if (one.rate, one.with_rest) == (rate, rest)))
        for rate, rest in wanted
    ]
    return [*each, Condition(None, None, StreamMetrics.of(judged))]


def error_cause(signed: ReferenceSign, others: Sequence[ReferenceSign], cuts: Sequence[Segment]) -> ErrorCause:
    """Why the word of a sign that was not said right was not."""
    cut = max(cuts, key=lambda cut: _covered(signed, cut), default=None)
    if cut is None or _covered(signed, cut) <= 0.0:
        return ErrorCause.NOT_SEGMENTED
    if any(_covered(other, cut) >= 0.5 for other in others if other != signed):
        return ErrorCause.MERGED
    if cut.best.sign.sign_id == signed.sign_id and cut.emitted:
        return ErrorCause.MISALIGNED
    if cut.emitted:
        return ErrorCause.MISCLASSIFIED
    return ErrorCause.NO_SIGN if cut.no_sign > cut.best.confidence else ErrorCause.LOW_CONFIDENCE


def _covered(signed: ReferenceSign, cut: Segment) -> float:
    """The share of a sign that a stretch covers."""
    common = min(signed.end, cut.end) - max(signed.start, cut.start)
    return max(common, 0.0) / max(signed.end - signed.start, 1e-9)
