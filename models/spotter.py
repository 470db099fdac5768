"""Finds where a sign starts and ends in the stream of landmarks.

Signs are made with a hand up. A stretch starts when a wrist has been up for a moment and ends when both have been down,
or gone, for a moment. Who signs fluently does not rest between signs, so a stretch may hold several: it is divided by
what the classifier makes of its pieces. All times are in seconds of the landmarks' own times.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from landmarkers.frame import Landmarks
from landmarkers.layout import (
    LEFT_SHOULDER,
    LEFT_WRIST,
    PART_SLICES,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Part,
)
from landmarkers.take import Provenance, Take
from models.activity_detection import MAX_GAP_S, is_hand_raised
from models.classifier import Classifier
from models.manifest import SpotterSettings

_TOLERANCE_S: Final = 0.002  # cameras are not punctual
_STARTS: Final = 5  # pieces read at each moment, at most
_STILL: Final = 0.15  # shoulder widths within which a wrist stands still


class Spotter(Protocol):
    """Cuts a stream of landmarks into takes of one sign each."""

    def push(self, landmarks: Landmarks) -> Iterator[Take]:
        """Take in one frame's landmarks; gives the signs that this frame ends."""

    def flush(self) -> Iterator[Take]:
        """The stream has ended; gives the sign in hand, if there is one."""

    @property
    def is_active(self) -> bool:
        """Whether a hand is up, so that a sign may be going on."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of the stretch between two moments: what it is read as, and what it counts in a division."""

    start: int
    sign_id: int
    confidence: float
    merit: float


@dataclass(slots=True)
class _Moment:
    """A frame at which the stretch may be divided, the pieces that end there, and the best division up to it."""

    frame: int
    time: float
    pieces: list[_Piece]
    merit: float = 0.0
    last: _Piece | None = None  # of the best division; None where it ends with time that no sign explains


class SignSpotter:
    """Divides what happens between a hand's rise and the hands' rest into signs.

    Every moment the pieces that end now, long ones and short ones, are read. Of all ways to divide the stretch the best
    explains most of its time surely and with few signs: a piece counts its seconds times how much likelier than
    `min_confidence` its sign is, less `segment_penalty_s`; what no sign explains counts nothing. It is found moment by
    moment, from the best division up to each earlier one (Viterbi, "Error bounds for convolutional codes", 1967). A
    sign is given, with those before it, as soon as the best division has ended with it for `early_after_s`, read with
    `early_confidence` each time; else when it has gone on for `commit_delay_s` after it, or once the hands rest.
    A sign given while it goes on is not given again, however far it reaches in the end.
    """

    def __init__(self, settings: SpotterSettings, landmarker: str, classifier: Classifier) -> None:
        """`landmarker` is the fingerprint that the takes will name as theirs."""
        self._settings = settings
        self._origin = Provenance(clip="stream", landmarker=landmarker)
        self._classifier = classifier
        self._stretch: list[Landmarks] = []
        self._moments: list[_Moment] = []
        self._last_raised = 0
        self._rose_at: float | None = None
        self._longest_up = 0.0  # seconds of the longest unbroken time with a hand up
        self._given: int | None = None  # the sign that ended where the stretch begins
        self._said: tuple[int, int] | None = None  # where a sign began that was given before it ended, and which

    def push(self, landmarks: Landmarks) -> Iterator[Take]:
        """Take in one frame's landmarks; gives the signs that are settled now."""
        if self._stretch and landmarks.time - self._stretch[-1].time > MAX_GAP_S:
            yield from self.flush()
        raised = is_hand_raised(landmarks, self._settings.raise_threshold)
        if not self._stretch and not raised:
            return
        self._stretch.append(landmarks)
        if raised:
            self._last_raised = len(self._stretch) - 1
            self._rose_at = landmarks.time if self._rose_at is None else self._rose_at
            self._longest_up = max(self._longest_up, landmarks.time - self._rose_at)
        else:
            self._rose_at = None
        if landmarks.time - self._stretch[self._last_raised].time >= self._settings.end_after_s - _TOLERANCE_S:
            yield from self.flush()
        elif self._is_look_due(landmarks.time):
            self._look(len(self._stretch) - 1)
            yield from self._give(landmarks.time - self._settings.commit_delay_s)
            yield from self._give_sure()
            self._drop_before(landmarks.time - self._settings.max_duration_s - self._settings.commit_delay_s)

    def flush(self) -> Iterator[Take]:
        """Gives the signs in hand, if there are any, and forgets them."""
        if self._stretch and self._longest_up >= self._settings.start_after_s:
            self._moments = [moment for moment in self._moments if moment.frame <= self._last_raised]
            if self._moments[-1].frame < self._last_raised:
                self._look(self._last_raised)
            yield from self._give(math.inf)
        self._forget()

    @property
    def is_active(self) -> bool:
        """Whether a hand is up, so that a sign may be going on."""
        return bool(self._stretch)

    def _forget(self) -> None:
        self._stretch, self._moments = [], []
        self._last_raised, self._rose_at, self._longest_up, self._given, self._said = 0, None, 0.0, None, None

    def _is_look_due(self, time: float) -> bool:
        return not self._moments or time - self._moments[-1].time >= self._settings.stride_s - _TOLERANCE_S

    def _look(self, frame: int) -> None:
        """Read the pieces that end with this frame, and find the best division up to it.

        Long pieces first: a shorter one that could not beat them, however sure, is not read.
        """
        settings, now = self._settings, self._stretch[frame].time
        pieces: list[_Piece] = []
        best = self._moments[-1].merit if self._moments else 0.0
        for number in self._starts(now):
            start = self._moments[number]
            if start.merit + (now - start.time) * (1.0 - settings.min_confidence) - settings.segment_penalty_s <= best:
                continue
            reading = self._classifier.classify(self._take(start.frame, frame))
            surplus = reading.best.confidence - max(reading.no_sign, settings.min_confidence)
            merit = (now - start.time) * surplus - settings.segment_penalty_s
            pieces.append(_Piece(number, reading.best.sign.sign_id, reading.best.confidence, merit))
            best = max(best, start.merit + merit)
        self._moments.append(_Moment(frame, now, pieces))
        self._judge(len(self._moments) - 1)

    def _starts(self, now: float) -> list[int]:
        """Moments from which a piece may reach until now: the first one, and some at growing distances."""
        reach = (self._settings.min_duration_s - _TOLERANCE_S, self._settings.max_duration_s + _TOLERANCE_S)
        numbers = [n for n, moment in enumerate(self._moments) if reach[0] <= now - moment.time <= reach[1]]
        if len(numbers) <= _STARTS:
            return numbers
        return sorted({numbers[-round(back)] for back in np.geomspace(1, len(numbers), _STARTS)})

    def _judge(self, number: int) -> None:
        """Find the best division up to a moment from those up to earlier ones."""
        moment = self._moments[number]
        moment.merit, moment.last = (self._moments[number - 1].merit, None) if number else (0.0, None)
        for piece in moment.pieces:
            merit = self._moments[piece.start].merit + piece.merit
            if merit > moment.merit:
                moment.merit, moment.last = merit, piece

    def _give(self, until: float) -> Iterator[Take]:
        """Give the signs of the best division that end before a time, and start anew behind the last of them."""
        ends: list[int] = []
        number = len(self._moments) - 1
        while number > 0:
            last = self._moments[number].last
            if last is not None:
                ends.append(number)
            number = last.start if last is not None else number - 1
        behind = 0
        for end in reversed(ends):
            moment = self._moments[end]
            if moment.time > until or moment.last is None:
                break
            is_said = (moment.last.start, moment.last.sign_id) == self._said
            if not is_said and not self._is_still(moment.last.sign_id, behind, end):
                yield self._take(self._moments[moment.last.start].frame, moment.frame)
            self._given, behind = moment.last.sign_id, end
        self._start_at(behind)

    def _give_sure(self) -> Iterator[Take]:
        """Give the sign that goes on now, and those before it, when it has been read surely for a while."""
        sure = self._sure()
        if sure is None:
            return
        yield from self._give(self._moments[sure.start].time)
        sure = self._moments[-1].last
        if sure is None or (sure.start, sure.sign_id) == self._said:
            return
        if not self._is_still(sure.sign_id, 0, len(self._moments) - 1):
            yield self._take(self._moments[sure.start].frame, self._moments[-1].frame)
        self._said = (sure.start, sure.sign_id)

    def _sure(self) -> _Piece | None:
        """The sign that the best division has ended with for `early_after_s`, with `early_confidence` each time."""
        now, last = self._moments[-1].time, self._moments[-1].last
        for moment in reversed(self._moments):
            if last is None or moment.last is None or moment.last.confidence < self._settings.early_confidence:
                return None
            if (moment.last.start, moment.last.sign_id) != (last.start, last.sign_id):
                return None
            if now - moment.time >= self._settings.early_after_s - _TOLERANCE_S:
                return last
        return None

    def _is_still(self, sign_id: int, first: int, last: int) -> bool:
        """Whether a sign from one moment to another is the one given before, held on."""
        return sign_id == self._given and _is_held(self._take(self._moments[first].frame, self._moments[last].frame))

    def _drop_before(self, time: float) -> None:
        """Forget what no piece can reach any more."""
        number = next((n for n, moment in enumerate(self._moments) if moment.time >= time), 0)
        if number > 0:
            if self._given is not None and not _is_held(self._take(0, self._moments[number].frame)):
                self._given = None
            self._start_at(number)

    def _start_at(self, number: int) -> None:
        """Let the stretch begin at a moment."""
        if number == 0:
            return
        first = self._moments[number].frame
        self._stretch = self._stretch[first:]
        self._last_raised = max(0, self._last_raised - first)
        self._said = (self._said[0] - number, self._said[1]) if self._said and self._said[0] >= number else None
        self._moments = [
            _Moment(
                moment.frame - first,
                moment.time,
                [replace(piece, start=piece.start - number) for piece in moment.pieces if piece.start >= number],
            )
            for moment in self._moments[number:]
        ]
        for later in range(len(self._moments)):
            self._judge(later)

    def _take(self, first: int, last: int) -> Take:
        return Take.from_landmarks(self._stretch[first : last + 1], self._origin)


def _is_held(take: Take) -> bool:
    """Whether the hands stand still, as of somebody who goes on holding a sign."""
    pose = take.points[:, PART_SLICES[Part.POSE]]
    if np.isnan(pose[:, [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_WRIST, RIGHT_WRIST], 0]).all(axis=0).any():
        return False
    width = np.nanmedian(np.linalg.norm(pose[:, LEFT_SHOULDER, :2] - pose[:, RIGHT_SHOULDER, :2], axis=-1))
    ways = [np.nanmax(np.ptp(pose[:, wrist, :2], axis=0)) for wrist in (LEFT_WRIST, RIGHT_WRIST)]
    return bool(max(ways) < _STILL * width)
