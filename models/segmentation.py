"""Divides a window of a stream into signs, by the classifier's predictions for segments of it.

Candidate boundaries are added one after another. At each of them some segments that end there are classified. The
best segmentation explains as much of the window as possible, confidently and with few signs: a segment scores its
seconds times how much more likely than `min_confidence` its sign is, less `segment_penalty_s`; time without a sign
scores nothing. The best segmentation up to a boundary follows from the best ones up to all earlier boundaries (Viterbi,
"Error bounds for convolutional codes", 1967).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from models.manifest import SpotterSettings

TOLERANCE_S: Final = 0.002  # of the camera's frame times
_MAX_CANDIDATES: Final = 5  # segments classified at each boundary, at most


@dataclass(frozen=True, slots=True)
class SegmentPrediction:
    """The likeliest sign of a segment with its probability, and the probability that it is no sign, 0 to 1.

    `is_spelling` is true for a letter or a number sign.
    """

    sign_id: int
    confidence: float
    no_sign: float
    is_spelling: bool = False


@dataclass(frozen=True, slots=True)
class CandidateSegment:
    """A segment from the boundary of index `start` to the boundary that holds it; its score is in seconds."""

    start: int
    sign_id: int
    confidence: float
    score: float


@dataclass(slots=True)
class Boundary:
    """A frame at which the window may be divided, with the candidate segments that end there."""

    frame: int
    time: float
    candidates: list[CandidateSegment]
    score: float = 0.0
    """The score of the best segmentation up to here."""
    best: CandidateSegment | None = None
    """The last segment of the best segmentation up to here; None where that ends with time without a sign."""


class Segmentation:
    """Finds the best segmentation of a window that grows boundary by boundary."""

    def __init__(self, settings: SpotterSettings) -> None:
        """Start with an empty window; `settings` hold the durations and the scoring of segments."""
        self._settings = settings
        self.boundaries: list[Boundary] = []

    def is_due(self, time: float) -> bool:
        """Return True if the next boundary is due at this time."""
        return not self.boundaries or time - self.boundaries[-1].time >= self._settings.stride_s - TOLERANCE_S

    def add_boundary(self, frame: int, time: float, classify: Callable[[int, int], SegmentPrediction]) -> None:
        """Add a boundary at a frame, and find the best segmentation up to it.

        `classify` predicts the sign between two frames, the last included. Long segments come first: a shorter one
        whose score cannot exceed theirs at any confidence is not classified.
        """
        settings = self._settings
        candidates: list[CandidateSegment] = []
        best = self.boundaries[-1].score if self.boundaries else 0.0
        least_penalty_s = min(settings.segment_penalty_s, settings.spelling_penalty_s)
        for index in self._candidate_starts(time):
            start = self.boundaries[index]
            if start.score + (time - start.time) * (1.0 - settings.min_confidence) - least_penalty_s <= best:
                continue
            prediction = classify(start.frame, frame)
            score = score_segment(time - start.time, prediction, settings)
            candidates.append(CandidateSegment(index, prediction.sign_id, prediction.confidence, score))
            best = max(best, start.score + score)
        self.boundaries.append(Boundary(frame, time, candidates))
        self._update_best(len(self.boundaries) - 1)

    def segments(self, until: float = math.inf) -> Iterator[tuple[int, CandidateSegment]]:
        """Yield the segments of the best segmentation that end until a time, each with its end boundary's index."""
        ends: list[tuple[int, CandidateSegment]] = []
        index = len(self.boundaries) - 1
        while index > 0:
            best = self.boundaries[index].best
            if best is not None:
                ends.append((index, best))
            index = best.start if best is not None else index - 1
        for end, segment in reversed(ends):
            if self.boundaries[end].time > until:
                return
            yield end, segment

    def confident_segment(self) -> CandidateSegment | None:
        """Return the last segment of the best segmentation if it has been stable and confident for a while.

        It has been the last one for `early_after_s`, with `early_confidence` at each boundary.
        """
        now, last = self.boundaries[-1].time, self.boundaries[-1].best
        for boundary in reversed(self.boundaries):
            best = boundary.best
            if last is None or best is None or best.confidence < self._settings.early_confidence:
                return None
            if (best.start, best.sign_id) != (last.start, last.sign_id):
                return None
            if now - boundary.time >= self._settings.early_after_s - TOLERANCE_S:
                return last
        return None

    def drop_after(self, frame: int) -> None:
        """Drop the boundaries after a frame."""
        self.boundaries = [boundary for boundary in self.boundaries if boundary.frame <= frame]

    def start_at(self, index: int) -> None:
        """Let the window start at a boundary: drop what is before it, and count frames and boundaries from it."""
        first = self.boundaries[index].frame
        self.boundaries = [
            Boundary(
                boundary.frame - first,
                boundary.time,
                [replace(one, start=one.start - index) for one in boundary.candidates if one.start >= index],
            )
            for boundary in self.boundaries[index:]
        ]
        for later in range(len(self.boundaries)):
            self._update_best(later)

    def clear(self) -> None:
        """Drop all boundaries."""
        self.boundaries = []

    def _candidate_starts(self, time: float) -> list[int]:
        """Return boundaries at which a segment until now may start: the first one, and some at growing distances."""
        shortest = self._settings.min_duration_s - TOLERANCE_S
        longest = self._settings.max_duration_s + TOLERANCE_S
        starts = [n for n, boundary in enumerate(self.boundaries) if shortest <= time - boundary.time <= longest]
        if len(starts) <= _MAX_CANDIDATES:
            return starts
        return sorted({starts[-round(back)] for back in np.geomspace(1, len(starts), _MAX_CANDIDATES)})

    def _update_best(self, index: int) -> None:
        """Find the best segmentation up to a boundary from those up to earlier ones."""
        boundary = self.boundaries[index]
        boundary.score, boundary.best = (self.boundaries[index - 1].score, None) if index else (0.0, None)
        for candidate in boundary.candidates:
            score = self.boundaries[candidate.start].score + candidate.score
            if score > boundary.score:
                boundary.score, boundary.best = score, candidate


def score_segment(duration_s: float, prediction: SegmentPrediction, settings: SpotterSettings) -> float:
    """Return the score of a segment in seconds; it is negative where a segmentation without the segment is better."""
    surplus = prediction.confidence - max(prediction.no_sign, settings.min_confidence)
    return duration_s * surplus - (
        settings.spelling_penalty_s if prediction.is_spelling else settings.segment_penalty_s
    )
