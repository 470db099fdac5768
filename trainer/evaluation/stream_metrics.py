"""Metrics on streams: correct words, edits, word error rate, delay, and the causes of errors."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import jiwer
import numpy as np

from trainer.evaluation.stream_classifier import Segment
from trainer.evaluation.stream_evaluation import StreamResult
from trainer.evaluation.streams import ReferenceSign


class ErrorCause(StrEnum):
    """Why a sign's word was not emitted, judged by the segment that covers most of the sign."""

    NOT_SEGMENTED = "not segmented"  # no segment overlaps the sign
    MERGED = "merged with another sign"  # the segment covers at least half of another sign too
    NO_SIGN = "classified as no sign"
    LOW_CONFIDENCE = "below the threshold"
    MISCLASSIFIED = "classified as another sign"
    MISALIGNED = "emitted, but aligned with a neighbour"


@dataclass(frozen=True, slots=True)
class StreamMetrics:
    """Counts of signs and errors, the delay of each correct word after its sign's end, and the causes of errors.

    Words are counted by an alignment in time (alignment.py). `wer` is the word error rate as papers define it, on the
    order of the words alone (jiwer): a correct word counts whenever it is emitted.
    """

    words: int
    correct: int
    substitutions: int
    deletions: int
    insertions: int
    wer: float
    delays_s: tuple[float, ...]
    error_causes: dict[ErrorCause, int]

    @classmethod
    def of(cls, results: Iterable[StreamResult]) -> Self:
        """Return the metrics over any number of streams, of which at least one has a sign."""
        results = list(results)
        pairs = [pair for one in results for pair in one.pairs]
        delays = tuple(
            pair.segment.emitted_at - pair.signed.end
            for pair in pairs
            if pair.is_correct and pair.segment and pair.signed
        )
        causes = Counter(
            error_cause(pair.signed, one.signed, one.segments)
            for one in results
            for pair in one.pairs
            if pair.signed and not pair.is_correct
        )
        deletions = sum(pair.segment is None for pair in pairs)
        insertions = sum(pair.signed is None for pair in pairs)
        substitutions = len(pairs) - len(delays) - deletions - insertions
        words = len(pairs) - insertions
        return cls(
            words,
            len(delays),
            substitutions,
            deletions,
            insertions,
            word_error_rate(results),
            delays,
            dict(causes),
        )

    @property
    def correct_rate(self) -> float:
        """Correct words as a fraction of the signs."""
        return self.correct / self.words

    @property
    def insertion_rate(self) -> float:
        """Inserted words as a fraction of the signs."""
        return self.insertions / self.words

    def delay_percentile(self, percent: float) -> float | None:
        """Return a percentile of the delays in seconds, or None if no word is correct."""
        return float(np.percentile(self.delays_s, percent)) if self.delays_s else None


@dataclass(frozen=True, slots=True)
class Condition:
    """Metrics at one frame rate, with rest between the signs or without; None stands for all."""

    rate: int | None
    with_rest: bool | None
    metrics: StreamMetrics


def by_condition(results: Sequence[StreamResult]) -> list[Condition]:
    """Return the metrics of each frame rate with rest and without, and last those of all streams together."""
    rates = sorted({one.rate for one in results})
    wanted = [(rate, with_rest) for with_rest in (True, False) for rate in rates]
    each = [
        Condition(rate, rest, StreamMetrics.of(one for one in results if (one.rate, one.with_rest) == (rate, rest)))
        for rate, rest in wanted
    ]
    return [*each, Condition(None, None, StreamMetrics.of(results))]


def word_error_rate(results: Sequence[StreamResult]) -> float:
    """Return the substitutions, deletions and insertions of all streams, divided by the number of their signs.

    Each stream is a sentence of sign numbers, and the edits of each are the fewest that turn its signs into the words
    that were emitted. It can exceed 1.
    """
    references = [" ".join(str(signed.sign_id) for signed in one.signed) for one in results]
    emitted = [
        " ".join(str(segment.best.sign.sign_id) for segment in one.segments if segment.emitted) for one in results
    ]
    return float(jiwer.wer(references, emitted))


def error_cause(signed: ReferenceSign, others: Sequence[ReferenceSign], segments: Sequence[Segment]) -> ErrorCause:
    """Return why no correct word was emitted for a sign."""
    segment = max(segments, key=lambda segment: _coverage(signed, segment), default=None)
    if segment is None or _coverage(signed, segment) <= 0.0:
        return ErrorCause.NOT_SEGMENTED
    if any(_coverage(other, segment) >= 0.5 for other in others if other != signed):
        return ErrorCause.MERGED
    if segment.best.sign.sign_id == signed.sign_id and segment.emitted:
        return ErrorCause.MISALIGNED
    if segment.emitted:
        return ErrorCause.MISCLASSIFIED
    return ErrorCause.NO_SIGN if segment.no_sign > segment.best.confidence else ErrorCause.LOW_CONFIDENCE


def _coverage(signed: ReferenceSign, segment: Segment) -> float:
    """Return the fraction of a sign that a segment covers."""
    common = min(signed.end, segment.end) - max(signed.start, segment.start)
    return max(common, 0.0) / max(signed.end - signed.start, 1e-9)
