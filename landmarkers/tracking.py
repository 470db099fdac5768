"""Detects landmarks by running MediaPipe's networks with LiteRT, each only as often as necessary. The device's default.

A hand is searched for where it was in the frame before; a missing one at the body's wrist and, when that finds nothing,
in the next frame by the palm detector, which searches the whole image. While every visible hand is tracked, the body is
detected five times a second, and in between its arms move with the hands. Body and palms take turns, so that no frame
waits for both, except at a rate so slow that there is time. Every interval is in seconds, so a slow camera's frames get
as many detections a second as a fast one's.
What runs in which frame follows from the frames and their times alone: a slow machine finds the same points as a fast
one. landmarkers/signer.py has the rule by which one person of several is followed.
Zhang et al., MediaPipe Hands: On-device Real-time Hand Tracking, 2020, for the idea of tracking by regions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from landmarkers.body import MIN_CONFIDENCE, MIN_CONFIDENCE_POOR, Body
from landmarkers.detector import Detection
from landmarkers.face import Face, roi_from_head
from landmarkers.frame import Frame, Landmarks, Points
from landmarkers.hand import Hand, deduplicate, roi_from_palm, roi_from_wrist, track
from landmarkers.handedness import assign_handedness
from landmarkers.layout import (
    DEFAULT_PARTS,
    HANDS,
    LEFT_ELBOW,
    LEFT_WRIST,
    PART_SLICES,
    RIGHT_ELBOW,
    RIGHT_WRIST,
    WRIST,
    Part,
)
from landmarkers.network_cost import NetworkCost
from landmarkers.networks import TASK, Networks
from landmarkers.picture import Picture, improve
from landmarkers.roi import RotatedRoi
from landmarkers.signer import DOUBTFUL_DISTANCE, MAX_PERSONS, is_near_wrist, is_same_person, rank_persons
from landmarkers.task_bundles import tasks_fingerprint

# The networks and how they are run; the last number changes with every change of the resulting points.
FINGERPRINT: Final = f"litert-tracked-{tasks_fingerprint((TASK,))}-3"

_BODY_SEARCH_INTERVAL_S: Final = 0.14  # while nobody is in view; the daemon's idle frames have the same interval
_BODY_INTERVAL_S: Final = 0.06  # while a visible hand is not tracked, so that nothing else tracks its arm
_TRACKED_BODY_INTERVAL_S: Final = 0.2  # while every visible hand is tracked, and its arm with it
_HAND_SEARCH_INTERVAL_S: Final = 0.1  # for a hand whose wrist is in view
_HIDDEN_HAND_SEARCH_INTERVAL_S: Final = 0.5  # for a hand whose wrist is out of view
_PALM_SEARCH_INTERVAL_S: Final = 0.3  # for the whole image, while the wrists lead to no hand
_LOST_HAND_SEARCH_S: Final = 1.0  # a lost hand is searched for in every frame for this long
_SIGNER_MEMORY_S: Final = 0.5  # nobody else is followed for this long after the signer was last seen
_TOLERANCE_S: Final = 0.002  # of the camera's frame times
_MAX_PALMS: Final = 4  # of which those of other people are not taken
_SAME_HAND_IOU: Final = 0.5  # a region that overlaps a tracked hand's by more belongs to that hand

# Pose points that move with a hand between two detections of the body, and the fraction of its displacement.
_MOVES_WITH_HAND: Final[dict[Part, dict[int, float]]] = {
    Part.LEFT_HAND: {LEFT_ELBOW: 0.5, LEFT_WRIST: 1.0, 17: 1.0, 19: 1.0, 21: 1.0},
    Part.RIGHT_HAND: {RIGHT_ELBOW: 0.5, RIGHT_WRIST: 1.0, 18: 1.0, 20: 1.0, 22: 1.0},
}


@dataclass(frozen=True, slots=True, eq=False)
class BodyObservation:
    """The last detection of body and face, the hands that are in view by it, and the tracked hands' wrists (pixels)."""

    time: float
    body: Body | None
    face: Face | None
    hands_in_view: frozenset[Part]
    wrists: dict[Part, Points]


class TrackingLandmarker:
    """Tracks pose, both hands and, if requested, the face of one person from frame to frame."""

    def __init__(
        self, parts: frozenset[Part] = DEFAULT_PARTS, folder: Path | None = None, networks: Networks | None = None
    ) -> None:
        """Load the networks, or share `networks` of at least these parts that nothing else uses at the same time.

        Raises NetworksUnavailable.
        """
        self._parts = parts
        self._networks = networks or Networks(parts, folder)
        self._owns_networks = networks is None
        self._observation: BodyObservation | None = None
        self._hands: dict[Part, Hand] = {}
        self._last_search = self._last_palm_search = self._last_loss = self._last_time = float("-inf")
        self._are_palms_wanted = not parts - HANDS
        self._last_seen = RotatedRoi(0.0, 0.0, 0.0, 0.0), float("-inf")

    @property
    def fingerprint(self) -> str:
        """The identity of the networks and of how they are run."""
        return FINGERPRINT

    def detect(self, frame: Frame) -> Landmarks:
        """Detect the landmarks of one frame."""
        picture = improve(frame)
        body = palms = None
        if self._is_palm_search_due(frame.time):
            self._last_palm_search = frame.time
            palms = self._networks.threads.submit(self._networks.palm_detector.detect, picture.image, _MAX_PALMS)
        has_turn = palms is None or frame.time - self._last_time > _BODY_INTERVAL_S
        if has_turn and self._is_body_due(frame.time):
            body = self._networks.threads.submit(self._observe_body, picture)
        if HANDS & self._parts:
            self._hands = self._track_hands(picture)
        if body is not None:
            self._observation = body.result()
        if HANDS & self._parts:
            hands = self._search_hands(picture, None if palms is None else palms.result())
            self._hands = self._assign_sides(picture, hands)
        self._last_time = frame.time
        if body is not None and self._observation is not None:
            self._observation.wrists.update({part: hand.points[WRIST] for part, hand in self._hands.items()})
        return self._landmarks(picture)

    def person_sizes(self, frame: Frame) -> list[float]:
        """Return the size of each person in view, at most four, in the picture's widths, the largest first.

        It costs a run of the body detector, and is to be called between two frames.
        """
        if not self._parts - HANDS:
            return []
        persons = self._networks.body_detector.detect(improve(frame).image, max_detections=MAX_PERSONS)
        width = frame.image.shape[1]
        return [region.side / width for region in sorted(rank_persons(persons, width, None), key=lambda one: -one.side)]

    def cost(self) -> dict[str, NetworkCost]:
        """Return the cost of each network so far, by its name."""
        return self._networks.cost()

    def close(self) -> None:
        """Shut down the networks' threads, unless the networks are shared."""
        if self._owns_networks:
            self._networks.close()

    def _is_body_due(self, time: float) -> bool:
        if not self._parts - HANDS:
            return False
        if self._observation is None:
            return True
        elapsed = time - self._observation.time
        if self._observation.body is None:
            return elapsed >= _BODY_SEARCH_INTERVAL_S - _TOLERANCE_S
        are_tracked = self._observation.hands_in_view <= self._hands.keys()
        return elapsed >= (_TRACKED_BODY_INTERVAL_S if are_tracked else _BODY_INTERVAL_S) - _TOLERANCE_S

    def _observe_body(self, frame: Picture) -> BodyObservation:
        last = self._observation
        body = self._detect_body(frame)
        if body is not None:
            self._last_seen = (body.next_roi, frame.time)
        face = None
        if Part.FACE in self._parts and body is not None:
            known = last.face if last is not None else None
            # The head's region by the body is rough: the face found there gives the region of the real detection.
            known = known or self._networks.face.detect(frame.image, roi_from_head(body.points))
            face = self._networks.face.detect(frame.image, known.next_roi) if known is not None else None
        height, width = frame.image.shape[:2]
        rois = {} if body is None else {part: roi_from_wrist(body.points, part) for part in HANDS}
        in_view = {part for part, roi in rois.items() if 0 <= roi.x < width and 0 <= roi.y < height}
        return BodyObservation(frame.time, body, face, frozenset(in_view), {})

    def _detect_body(self, frame: Picture) -> Body | None:
        """Return the signer's body, found in its last region or, when nobody is there, chosen among those in view."""
        last = self._observation.body if self._observation is not None else None
        body = self._networks.body.detect(frame.image, last.next_roi) if last is not None else None
        if last is not None and body is not None and is_same_person(body, last):
            return body
        region, seen = self._last_seen
        persons = self._networks.body_detector.detect(frame.image, max_detections=MAX_PERSONS)
        recent = region if frame.time - seen <= _SIGNER_MEMORY_S else None
        min_confidence = MIN_CONFIDENCE_POOR if frame.is_poor and recent is None else MIN_CONFIDENCE
        for roi in rank_persons(persons, frame.image.shape[1], recent):
            body = self._networks.body.detect(frame.image, roi, min_confidence)
            if body is not None:
                return body
        return None

    def _track_hands(self, frame: Picture) -> dict[Part, Hand]:
        """Return the hands of the frame before at their new positions, without those that are lost."""
        futures = {
            part: self._networks.threads.submit(track, network, frame, hand.next_roi)
            for network, (part, hand) in zip(self._networks.hands, self._hands.items(), strict=False)
        }
        found = {part: future.result() for part, future in futures.items()}
        kept = deduplicate([hand for hand in found.values() if hand is not None])
        if len(kept) < len(futures):
            self._last_loss = frame.time
        return {part: hand for part, hand in found.items() if hand in kept}

    def _search_hands(self, frame: Picture, palms: list[Detection] | None) -> list[Hand]:
        """Return the tracked hands and missing ones, found at these palms or, when a search is due, at the wrists."""
        hands = list(self._hands.values())
        if palms is not None:
            near = [palm for palm in palms if is_near_wrist(palm.keypoints[WRIST], self._pose())]
            rois = [roi_from_palm(palm.box, palm.keypoints) for palm in near]
        elif self._is_search_due(frame):
            self._last_search = frame.time
            rois = self._wrist_rois()
        else:
            return hands
        rois = [roi for roi in rois if _is_apart(roi, hands)]
        futures = [
            self._networks.threads.submit(track, network, frame, roi)
            for network, roi in zip(self._networks.hands, rois[: len(HANDS) - len(hands)], strict=False)
        ]
        found = [hand for future in futures if (hand := future.result()) is not None]
        # From a region beside a tracked hand the network may move onto that hand.
        hands += [hand for hand in found if _is_apart(hand.next_roi, hands)]
        self._are_palms_wanted = palms is None and len(hands) < len(HANDS)
        return deduplicate(hands)

    def _wrist_rois(self) -> list[RotatedRoi]:
        """Return the regions of missing hands at the body's wrists, whose search costs half as much as the palms'."""
        if self._observation is None or self._observation.body is None:
            return []
        missing = self._observation.hands_in_view - self._hands.keys()
        return [roi_from_wrist(self._observation.body.points, part) for part in sorted(missing)]

    def _is_palm_search_due(self, time: float) -> bool:
        return self._are_palms_wanted and time - self._last_palm_search >= _PALM_SEARCH_INTERVAL_S - _TOLERANCE_S

    def _is_search_due(self, frame: Frame) -> bool:
        missing = HANDS - self._hands.keys()
        elapsed = frame.time - self._last_search + _TOLERANCE_S
        if not missing:
            return False
        if self._observation is None:
            return elapsed >= _HAND_SEARCH_INTERVAL_S
        if not missing & self._observation.hands_in_view:
            return elapsed >= _HIDDEN_HAND_SEARCH_INTERVAL_S
        is_just_lost = frame.time - self._last_loss <= _LOST_HAND_SEARCH_S
        return not self._hands or is_just_lost or elapsed >= _HAND_SEARCH_INTERVAL_S

    def _assign_sides(self, frame: Picture, hands: list[Hand]) -> dict[Part, Hand]:
        width = np.float32(frame.image.shape[1])
        hands = [hand for hand in hands if self._may_be_signers(frame, hand)]
        points = [hand.points / width for hand in hands]
        right_hand_probabilities = [hand.right_hand_probability for hand in hands]
        sides = assign_handedness(points, right_hand_probabilities, self._pose() / width)
        return {part: hands[index] for part, index in sides.items()}

    def _may_be_signers(self, frame: Picture, hand: Hand) -> bool:
        body = self._observation.body if self._observation is not None else None
        if frame.is_poor and body is None and self._parts - HANDS:  # a hand alone is too often none
            return False
        if hand.is_doubtful and body is not None:
            # Not the pose, whose arms have moved with the hands: with this one, too.
            return is_near_wrist(hand.points[WRIST], body.points, DOUBTFUL_DISTANCE)
        return is_near_wrist(hand.points[WRIST], self._pose())

    def _pose(self) -> Points:
        """Return the body's points in pixels, its arms moved with the hands since the body was detected."""
        if self._observation is None or self._observation.body is None:
            return Landmarks.empty(0.0).part(Part.POSE)
        pose = self._observation.body.points.copy()
        for part, hand in self._hands.items():
            if part in self._observation.wrists:
                displacement = (hand.points[WRIST] - self._observation.wrists[part])[:2]
                for index, fraction in _MOVES_WITH_HAND[part].items():
                    pose[index, :2] += fraction * displacement
        return pose

    def _landmarks(self, frame: Frame) -> Landmarks:
        points = Landmarks.empty(frame.time).points
        if Part.POSE in self._parts:
            points[PART_SLICES[Part.POSE]] = self._pose()
        for part, hand in self._hands.items():
            points[PART_SLICES[part]] = hand.points
        if self._observation is not None and self._observation.face is not None:
            points[PART_SLICES[Part.FACE]] = self._observation.face.points
        return Landmarks(points / np.float32(frame.image.shape[1]), frame.time)


def _is_apart(roi: RotatedRoi, hands: Sequence[Hand]) -> bool:
    """Return True unless the region is that of one of the hands."""
    return all(roi.iou(hand.next_roi) <= _SAME_HAND_IOU for hand in hands)
