"""Finds the start and end of signs in the stream of landmarks (sign spotting).

Signs are made with a hand up. A window starts when a wrist has been up for a short time and ends when both have been
down, or not visible, for a short time. Fluent signers do not rest between signs, so a window may contain several: it
is segmented by the classifier's predictions, see models/segmentation.py. All times are in seconds of the landmarks' own
times.
"""

import math
from collections.abc import Iterator
from typing import Final, Protocol

import numpy as np

from landmarkers.frame import Landmarks
from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, RIGHT_SHOULDER, RIGHT_WRIST, Part
from landmarkers.take import Provenance, Take
from models.activity_detection import MAX_GAP_S, is_hand_raised
from models.classifier import Classifier
from models.manifest import SpotterSettings
from models.segmentation import TOLERANCE_S, CandidateSegment, Segmentation, SegmentPrediction

_MAX_STATIC_MOTION: Final = 0.15  # shoulder widths within which a static wrist stays
_LEAVING_S: Final = 0.15  # the end of a held sign, in which the hand may already move on


class Spotter(Protocol):
    """Cuts a stream of landmarks into takes of one sign each."""

    def push(self, landmarks: Landmarks) -> Iterator[Take]:
        """Add one frame's landmarks, and yield the signs that are complete."""

    def flush(self) -> Iterator[Take]:
        """End the stream, and yield the remaining signs."""

    @property
    def is_active(self) -> bool:
        """True while a hand is up, so that a sign may be in progress."""


class SignSpotter:
    """Segments the time from one hand rising until both are at rest into signs.

    A sign is emitted, with those before it, as soon as the best segmentation has ended with it for `early_after_s`,
    predicted with `early_confidence` each time; otherwise `commit_delay_s` after its end, or when the hands rest.
    A sign emitted before its end is not emitted again, whatever its end.
    """

    def __init__(self, settings: SpotterSettings, landmarker: str, classifier: Classifier) -> None:
        """Start with an empty stream; the takes name `landmarker`, a fingerprint, in their provenance."""
        self._settings = settings
        self._provenance = Provenance(clip="stream", landmarker=landmarker)
        self._classifier = classifier
        self._window: list[Landmarks] = []
        self._segmentation = Segmentation(settings)
        self._last_raised = 0
        self._raised_since: float | None = None
        self._longest_raised_s = 0.0  # the longest time with a hand up without interruption
        self._previous_sign: int | None = None  # the emitted sign that ends where the window starts
        self._emitted_early: tuple[int, int] | None = None  # last boundary and sign of one emitted before its end

    def push(self, landmarks: Landmarks) -> Iterator[Take]:
        """Add one frame's landmarks, and yield the signs that are decided."""
        if self._window and landmarks.time - self._window[-1].time > MAX_GAP_S:
            yield from self.flush()
        raised = is_hand_raised(landmarks, self._settings.raise_threshold)
        if not self._window and not raised:
            return
        self._window.append(landmarks)
        if raised:
            self._last_raised = len(self._window) - 1
            self._raised_since = landmarks.time if self._raised_since is None else self._raised_since
            self._longest_raised_s = max(self._longest_raised_s, landmarks.time - self._raised_since)
        else:
            self._raised_since = None
        if landmarks.time - self._window[self._last_raised].time >= self._settings.end_after_s - TOLERANCE_S:
            yield from self.flush()
        elif self._segmentation.is_due(landmarks.time):
            self._add_boundary(len(self._window) - 1)
            yield from self._emit(landmarks.time - self._settings.commit_delay_s)
            yield from self._emit_early()
            self._drop_before(landmarks.time - self._settings.max_duration_s - self._settings.commit_delay_s)

    def flush(self) -> Iterator[Take]:
        """Yield the remaining signs, and reset the spotter."""
        if self._window and self._longest_raised_s >= self._settings.start_after_s:
            self._segmentation.drop_after(self._last_raised)
            if self._segmentation.boundaries[-1].frame < self._last_raised:
                self._add_boundary(self._last_raised)
            yield from self._emit(math.inf)
        self._reset()

    @property
    def is_active(self) -> bool:
        """True while a hand is up, so that a sign may be in progress."""
        return bool(self._window)

    def _reset(self) -> None:
        self._window = []
        self._segmentation.clear()
        self._last_raised, self._raised_since, self._longest_raised_s = 0, None, 0.0
        self._previous_sign, self._emitted_early = None, None

    def _add_boundary(self, frame: int) -> None:
        self._segmentation.add_boundary(frame, self._window[frame].time, self._classify)

    def _classify(self, first: int, last: int) -> SegmentPrediction:
        prediction = self._classifier.classify(self._take(first, last))
        sign, confidence = prediction.best.sign, prediction.best.confidence
        return SegmentPrediction(sign.sign_id, confidence, prediction.no_sign, sign.is_spelling)

    def _emit(self, until: float) -> Iterator[Take]:
        """Yield the signs of the best segmentation that end until a time, and start anew behind the last of them."""
        start = 0
        for end, segment in self._segmentation.segments(until):
            if not self._is_emitted(segment) and not self._is_continued(segment.sign_id, start, end):
                yield self._take_between(segment.start, end)
            self._previous_sign, start = segment.sign_id, end
        self._start_at(start)

    def _emit_early(self) -> Iterator[Take]:
        """Yield the sign in progress, and those before it, when its prediction has been confident for a while."""
        segment = self._segmentation.confident_segment()
        if segment is None:
            return
        yield from self._emit(self._segmentation.boundaries[segment.start].time)
        segment = self._segmentation.boundaries[-1].best
        if segment is None or self._is_emitted(segment):
            return
        end = len(self._segmentation.boundaries) - 1
        if not self._is_continued(segment.sign_id, 0, end):
            yield self._take_between(segment.start, end)
        self._emitted_early = (end, segment.sign_id)

    def _is_emitted(self, segment: CandidateSegment) -> bool:
        """Return True if a segment is the sign that was emitted before its end, wherever it now seems to begin."""
        if self._emitted_early is None:
            return False
        end, sign_id = self._emitted_early
        return segment.sign_id == sign_id and segment.start < end

    def _is_continued(self, sign_id: int, start: int, end: int) -> bool:
        """Return True if a sign between two boundaries is the previous one with the hands still held, or just left."""
        if sign_id != self._previous_sign:
            return False
        take = self._take_between(start, end)
        held = max(1, int((take.times <= take.times[-1] - _LEAVING_S).sum()))
        return _is_static(Take(take.points[:held], take.times[:held], take.provenance))

    def _drop_before(self, time: float) -> None:
        """Drop frames that no segment can reach any more."""
        boundaries = self._segmentation.boundaries
        index = next((n for n, boundary in enumerate(boundaries) if boundary.time >= time), 0)
        if index > 0:
            if self._previous_sign is not None and not _is_static(self._take(0, boundaries[index].frame)):
                self._previous_sign = None
            self._start_at(index)

    def _start_at(self, index: int) -> None:
        """Let the window start at a boundary."""
        if index == 0:
            return
        first = self._segmentation.boundaries[index].frame
        self._window = self._window[first:]
        self._last_raised = max(0, self._last_raised - first)
        if self._emitted_early is not None:
            end, sign_id = self._emitted_early
            self._emitted_early = (end - index, sign_id) if end > index else None
        self._segmentation.start_at(index)

    def _take_between(self, start: int, end: int) -> Take:
        boundaries = self._segmentation.boundaries
        return self._take(boundaries[start].frame, boundaries[end].frame)

    def _take(self, first: int, last: int) -> Take:
        return Take.from_landmarks(self._window[first : last + 1], self._provenance)


def _is_static(take: Take) -> bool:
    """Return True if the hands do not move, as while a signer holds a sign; False if a wrist is never visible."""
    pose = take.points[:, PART_SLICES[Part.POSE]]
    if np.isnan(pose[:, [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_WRIST, RIGHT_WRIST], 0]).all(axis=0).any():
        return False
    width = np.nanmedian(np.linalg.norm(pose[:, LEFT_SHOULDER, :2] - pose[:, RIGHT_SHOULDER, :2], axis=-1))
    ranges = [np.nanmax(np.ptp(pose[:, wrist, :2], axis=0)) for wrist in (LEFT_WRIST, RIGHT_WRIST)]
    return bool(max(ranges) < _MAX_STATIC_MOTION * width)
