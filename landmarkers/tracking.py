"""Finds landmarks by running MediaPipe's networks with LiteRT, each only as often as it pays. What the device serves.

A hand is looked for where it was in the frame before; a missing one where the body's wrist is and, when that leads
to nothing, by the palm detector, which searches the whole picture. While every hand in view is followed, the body is
looked at five times a second, and in between its arms follow the hands. Every interval is in seconds, so a slow camera
gets as many looks as a fast one.
Zhang et al., MediaPipe Hands: On-device Real-time Hand Tracking, 2020, for the idea of tracking by regions.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from landmarkers import task_bundles
from landmarkers.body import Body, BodyNetwork, roi_from_hips
from landmarkers.detector import PALM_STRIDES, POSE_STRIDES, Detector
from landmarkers.face import Face, FaceNetwork, roi_from_head
from landmarkers.frame import Frame, Image, Landmarks, Points
from landmarkers.hand import Hand, HandNetwork, deduplicate, roi_from_palm, roi_from_wrist
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
from landmarkers.litert import TfliteNetwork
from landmarkers.roi import RotatedRoi

TASK: Final = "landmarks.task"
# Which networks and how they are run; another number for every change after which the points come out otherwise.
FINGERPRINT: Final = f"litert-tracked-{task_bundles.tasks_fingerprint((TASK,))}-2"

_BODY_SEARCH_EVERY_S: Final = 0.14  # while nobody is in view; the daemon's idle looks are as far apart
_BODY_EVERY_S: Final = 0.06  # while a hand in view is not followed: nothing else tells where its arm goes
_FOLLOWED_BODY_EVERY_S: Final = 0.2  # while every hand in view is followed, and its arm with it
_SEARCH_EVERY_S: Final = 0.1  # for a hand whose wrist is in view
_HIDDEN_SEARCH_EVERY_S: Final = 0.5  # for a hand whose wrist is out of view
_PALMS_EVERY_S: Final = 0.3  # the whole picture, while the wrists lead to no hand
_EAGER_S: Final = 1.0  # for so long after a hand was lost it is searched for in every frame
_TOLERANCE_S: Final = 0.002  # cameras are not punctual
_FAR: Final = 0.15  # a hand further from its region's middle, in sides of the region, lies badly in it
_SAME_REGION: Final = 0.5  # a palm whose region overlaps a tracked hand's by more is that hand

# Pose points that go along with a hand between two looks at the body, and how far.
_WITH_HAND: Final[dict[Part, dict[int, float]]] = {
    Part.LEFT_HAND: {LEFT_ELBOW: 0.5, LEFT_WRIST: 1.0, 17: 1.0, 19: 1.0, 21: 1.0},
    Part.RIGHT_HAND: {RIGHT_ELBOW: 0.5, RIGHT_WRIST: 1.0, 18: 1.0, 20: 1.0, 22: 1.0},
}


@dataclass(frozen=True, slots=True)
class NetworkCost:
    """How often a network ran, and the multiplications (each with its addition) of one run."""

    runs: int
    macs: int

    @classmethod
    def of(cls, *networks: TfliteNetwork) -> Self:
        """The work of networks that are copies of one."""
        return cls(sum(network.runs for network in networks), networks[0].macs)


class Networks:
    """The networks of some parts, loaded, and the threads that run them side by side.

    Several landmarkers may use them one after another, not at the same time.
    """

    def __init__(self, parts: frozenset[Part], folder: Path | None = None) -> None:
        """Raises NetworksUnavailable."""
        content = task_bundles.read_task(folder or task_bundles.default_folder(), TASK)
        self._parts = parts
        self.threads = ThreadPoolExecutor(3, thread_name_prefix="landmarks")
        if parts - HANDS:
            self.body_detector = Detector(content["pose_detector.tflite"], POSE_STRIDES, input_min=-1.0)
            self.body = BodyNetwork(content["pose_landmarks_detector.tflite"])
        if HANDS & parts:
            self.palm_detector = Detector(content["hand_detector.tflite"], PALM_STRIDES, input_min=0.0)
            # One for each hand: they run side by side.
            self.hands = [HandNetwork(content["hand_landmarks_detector.tflite"]) for _ in HANDS]
        if Part.FACE in parts:
            self.face = FaceNetwork(content["face_landmarks_detector.tflite"])

    def close(self) -> None:
        """Give up the threads."""
        self.threads.shutdown()

    def cost(self) -> dict[str, NetworkCost]:
        """What each network did since it was loaded, by its name."""
        done: dict[str, NetworkCost] = {}
        if self._parts - HANDS:
            done["body detector"] = NetworkCost.of(self.body_detector.network)
            done["body"] = NetworkCost.of(self.body.network)
        if HANDS & self._parts:
            done["palm detector"] = NetworkCost.of(self.palm_detector.network)
            done["hand"] = NetworkCost.of(*(hand.network for hand in self.hands))
        if Part.FACE in self._parts:
            done["face"] = NetworkCost.of(self.face.network)
        return done


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What a look at body and face gave: the hands in view by it, and the wrists (pixels) of those followed then."""

    time: float
    body: Body | None
    face: Face | None
    in_view: frozenset[Part]
    wrists: dict[Part, Points]


class TrackingLandmarker:
    """Pose, both hands and, when asked for, the face of one person."""

    def __init__(
        self, parts: frozenset[Part] = DEFAULT_PARTS, folder: Path | None = None, networks: Networks | None = None
    ) -> None:
        """`loaded` are networks of these parts at least that nobody else uses now. Raises NetworksUnavailable."""
        self._parts = parts
        self._networks = networks or Networks(parts, folder)
        self._owns_networks = networks is None
        self._look: _Look | None = None
        self._hands: dict[Part, Hand] = {}
        self._searched = self._palms_searched = self._lost = float("-inf")

    @property
    def fingerprint(self) -> str:
        """The networks' own digest and how they are run."""
        return FINGERPRINT

    def detect(self, frame: Frame) -> Landmarks:
        """The points of one frame."""
        look = self._networks.threads.submit(self._look_at_body, frame) if self._is_look_due(frame.time) else None
        if HANDS & self._parts:
            self._hands = self._follow_hands(frame)
        if look is not None:
            self._look = look.result()
        if HANDS & self._parts:
            self._hands = self._named(frame, self._search_hands(frame))
        if look is not None and self._look is not None:
            self._look.wrists.update({part: hand.points[WRIST] for part, hand in self._hands.items()})
        return self._landmarks(frame)

    def cost(self) -> dict[str, NetworkCost]:
        """What each network did so far, by its name."""
        return self._networks.cost()

    def close(self) -> None:
        """Give up the networks' threads, unless the networks were lent."""
        if self._owns_networks:
            self._networks.close()

    def _is_look_due(self, time: float) -> bool:
        if not self._parts - HANDS:
            return False
        if self._look is None:
            return True
        if self._look.body is None:
            return time - self._look.time >= _BODY_SEARCH_EVERY_S - _TOLERANCE_S
        every_s = _FOLLOWED_BODY_EVERY_S if self._look.in_view <= self._hands.keys() else _BODY_EVERY_S
        return time - self._look.time >= every_s - _TOLERANCE_S

    def _look_at_body(self, frame: Frame) -> _Look:
        before = self._look
        body = self._find_body(frame.image, before.body if before is not None else None)
        face = None
        if Part.FACE in self._parts and body is not None:
            known = before.face if before is not None else None
            # The head's place by the body is rough: what is found there says where to look properly.
            known = known or self._networks.face.detect(frame.image, roi_from_head(body.points))
            face = self._networks.face.detect(frame.image, known.next_roi) if known is not None else None
        height, width = frame.image.shape[:2]
        regions = {} if body is None else {part: roi_from_wrist(body.points, part) for part in HANDS}
        in_view = {part for part, region in regions.items() if 0 <= region.x < width and 0 <= region.y < height}
        return _Look(frame.time, body, face, frozenset(in_view), {})

    def _find_body(self, picture: Image, known: Body | None) -> Body | None:
        body = self._networks.body.detect(picture, known.next_roi) if known is not None else None
        if body is None:
            for found in self._networks.body_detector.detect(picture, max_detections=1):
                body = self._networks.body.detect(picture, roi_from_hips(found.keypoints[0], found.keypoints[1]))
        return body

    def _follow_hands(self, frame: Frame) -> dict[Part, Hand]:
        """The hands of the frame before, where they are now."""
        running = {
            part: self._networks.threads.submit(_follow, network, frame.image, hand.next_roi)
            for network, (part, hand) in zip(self._networks.hands, self._hands.items(), strict=False)
        }
        found = {part: future.result() for part, future in running.items()}
        kept = deduplicate([hand for hand in found.values() if hand is not None])
        if len(kept) < len(running):
            self._lost = frame.time
        return {part: hand for part, hand in found.items() if hand in kept}

    def _search_hands(self, frame: Frame) -> list[Hand]:
        """The hands followed, and those that the palm detector finds if it is time to look for missing ones."""
        hands = list(self._hands.values())
        if not self._is_search_due(frame):
            return hands
        self._searched = frame.time
        hands += self._hands_at_wrists(frame, hands)
        if len(hands) == len(HANDS) or frame.time - self._palms_searched < _PALMS_EVERY_S - _TOLERANCE_S:
            return deduplicate(hands)
        self._palms_searched = frame.time
        known = [hand.next_roi for hand in hands]
        for palm in self._networks.palm_detector.detect(frame.image, max_detections=len(HANDS)):
            region = roi_from_palm(palm.box, palm.keypoints)
            if len(hands) < len(HANDS) and all(region.iou(one) <= _SAME_REGION for one in known):
                hand = self._networks.hands[0].detect(frame.image, region)
                hands += [] if hand is None else [hand]
        return deduplicate(hands)

    def _hands_at_wrists(self, frame: Frame, known: list[Hand]) -> list[Hand]:
        """Missing hands, looked for where the body's wrists are: half as dear as the palm detector."""
        if self._look is None or self._look.body is None:
            return []
        missing = self._look.in_view - self._hands.keys()
        regions = [roi_from_wrist(self._look.body.points, part) for part in sorted(missing)]
        regions = [region for region in regions if all(region.iou(hand.next_roi) <= _SAME_REGION for hand in known)]
        looks = [
            self._networks.threads.submit(_follow, network, frame.image, region)
            for network, region in zip(self._networks.hands, regions, strict=False)
        ]
        return [hand for look in looks if (hand := look.result()) is not None]

    def _is_search_due(self, frame: Frame) -> bool:
        missing = HANDS - self._hands.keys()
        since = frame.time - self._searched + _TOLERANCE_S
        if not missing:
            return False
        if self._look is None:
            return since >= _SEARCH_EVERY_S
        if not missing & self._look.in_view:
            return since >= _HIDDEN_SEARCH_EVERY_S
        return not self._hands or frame.time - self._lost <= _EAGER_S or since >= _SEARCH_EVERY_S

    def _named(self, frame: Frame, hands: list[Hand]) -> dict[Part, Hand]:
        width = np.float32(frame.image.shape[1])
        points, rightness = [hand.points / width for hand in hands], [hand.right_hand_probability for hand in hands]
        sides = assign_handedness(points, rightness, self._pose() / width)
        return {part: hands[number] for part, number in sides.items()}

    def _pose(self) -> Points:
        """The points of the body in pixels, its arms gone along with the hands since it was looked at."""
        if self._look is None or self._look.body is None:
            return Landmarks.empty(0.0).part(Part.POSE)
        pose = self._look.body.points.copy()
        for part, hand in self._hands.items():
            if part in self._look.wrists:
                way = (hand.points[WRIST] - self._look.wrists[part])[:2]
                for number, share in _WITH_HAND[part].items():
                    pose[number, :2] += share * way
        return pose

    def _landmarks(self, frame: Frame) -> Landmarks:
        points = Landmarks.empty(frame.time).points
        if Part.POSE in self._parts:
            points[PART_SLICES[Part.POSE]] = self._pose()
        for part, hand in self._hands.items():
            points[PART_SLICES[part]] = hand.points
        if self._look is not None and self._look.face is not None:
            points[PART_SLICES[Part.FACE]] = self._look.face.points
        return Landmarks(points / np.float32(frame.image.shape[1]), frame.time)


def _follow(network: HandNetwork, picture: Image, region: RotatedRoi) -> Hand | None:
    """The hand in the region; looked at once more in its new region when it has moved far."""
    hand = network.detect(picture, region)
    if hand is None or math.hypot(hand.next_roi.x - region.x, hand.next_roi.y - region.y) <= _FAR * region.side:
        return hand
    return network.detect(picture, hand.next_roi) or hand
