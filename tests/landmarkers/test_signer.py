"""Which person is followed, with synthetic persons and with two real clips side by side."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import cycle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from landmarkers.body import Body, roi_from_hips
from landmarkers.detector import Detection
from landmarkers.frame import Frame, Image, Points
from landmarkers.hand import Hand
from landmarkers.layout import DEFAULT_PARTS, LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, RIGHT_SHOULDER, RIGHT_WRIST, Part
from landmarkers.networks import Networks
from landmarkers.picture import Picture
from landmarkers.recording import read_recording
from landmarkers.roi import RotatedRoi
from landmarkers.signer import is_near_wrist
from landmarkers.tracking import TrackingLandmarker

Persons = dict[str, tuple[float, float]]
"""The x of the middle of each person and their torso's length, in pixels of an image 640 wide."""


class Scene:
    """Networks that see synthetic persons in place of images."""

    def __init__(self) -> None:
        self.persons: Persons = {}
        self.confidence = 1.0
        self.threads = ThreadPoolExecutor(1)
        self.body_detector = self.body = self

    def detect(
        self, _image: Image, roi: RotatedRoi | None = None, min_confidence: float = 0.0, max_detections: int = 0
    ) -> Any:
        """Return detections, as the detector does, or the body in the region, as the body network does."""
        if roi is None:
            found = [_detection(x, size) for x, size in self.persons.values()]
            return sorted(found, key=lambda one: -one.score)[:max_detections]
        if self.confidence < min_confidence:
            return None
        near = [one for one in self.persons.values() if abs(one[0] - roi.x) < roi.side / 4]
        return _body(*min(near, key=lambda one: abs(one[0] - roi.x))) if near else None


def _detection(x: float, size: float) -> Detection:
    keypoints = np.array([[x, 240], [x, 240 - size], [x, 200], [x, 180]], np.float32)
    return Detection(np.array([x, 200, 50, 50], np.float32), keypoints, score=1 / size)


def _body(x: float, size: float) -> Body:
    points = np.full((33, 3), [x, 240, 0], np.float32)
    points[[LEFT_SHOULDER, RIGHT_SHOULDER], 0] += [size / 2, -size / 2]
    hips = np.array([x, 240], np.float32)
    return Body(points, roi_from_hips(hips, hips - np.array([0, size], np.float32)))


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.threads.shutdown()


DARK: Image = np.zeros((480, 640, 3), np.uint8)
GOOD: Image = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)


def follow(scene: Scene, course: Iterable[Persons], image: Image = GOOD) -> list[str | None]:
    """Return who is followed at each step of a course, which are 0.2 s apart."""
    networks: Any = scene
    landmarker, followed = TrackingLandmarker(frozenset({Part.POSE}), networks=networks), []
    for number, scene.persons in enumerate(course):
        landmarks = landmarker.detect(Frame(image, number / 5))
        x = float(landmarks.part(Part.POSE)[0, 0]) * 640
        followed.append(next((name for name, (at, _) in scene.persons.items() if abs(at - x) < 1.0), None))
    return followed


def test_largest_person_is_followed(scene: Scene) -> None:
    assert follow(scene, [{"small": (320, 60), "large": (420, 120)}]) == ["large"]


def test_of_equal_persons_the_one_nearest_to_the_middle_is_followed(scene: Scene) -> None:
    assert follow(scene, [{"left": (60, 80), "middle": (300, 80), "right": (600, 80)}]) == ["middle"]


def test_larger_newcomer_is_not_followed(scene: Scene) -> None:
    both: Persons = {"signer": (420, 80), "newcomer": (240, 160)}
    course: list[Persons] = [{"signer": (420, 80)}, *[both] * 10]
    assert set(follow(scene, course)) == {"signer"}


def test_passer_by_is_not_followed(scene: Scene) -> None:
    course: list[Persons] = [{"signer": (320, 80), "passer-by": (x, 80)} for x in range(20, 640, 40)]
    assert set(follow(scene, course)) == {"signer"}


def test_person_who_walks_is_followed(scene: Scene) -> None:
    course: list[Persons] = [{"walker": (x, 80), "stander": (600, 60)} for x in range(320, 20, -30)]
    assert set(follow(scene, course)) == {"walker"}


def test_another_person_is_followed_once_the_first_has_left(scene: Scene) -> None:
    other: Persons = {"other": (560, 80)}
    course = [other | {"first": (320, 80)}, *[other] * 5]
    followed = follow(scene, course)
    assert followed[0] == "first"
    assert followed[-1] == "other"
    assert set(followed[1:3]) == {None}  # whoever is covered for a moment is still the signer


def test_signer_who_is_covered_for_a_moment_is_followed_on(scene: Scene) -> None:
    seen: Persons = {"signer": (420, 60), "larger": (200, 100)}
    covered: Persons = {"passer-by": (420, 200), "larger": (200, 100)}
    assert follow(scene, [{"signer": (420, 60)}, seen, covered, seen]) == ["signer", "signer", None, "signer"]


def test_network_must_be_sure_of_a_person_who_appears_in_the_dark(scene: Scene) -> None:
    scene.confidence = 0.9
    assert follow(scene, [{"machine": (320, 80)}], GOOD) == ["machine"]
    assert follow(scene, [{"machine": (320, 80)}], DARK) == [None]


def test_hand_without_a_body_is_none_in_the_dark(scene: Scene) -> None:
    networks: Any = scene
    landmarker = TrackingLandmarker(networks=networks)
    hand = Hand(np.full((21, 3), 100, np.float32), presence=0.9, right_hand_probability=0.9)
    assert len(landmarker._assign_sides(Picture(GOOD, 0.0, is_poor=False), [hand])) == 1
    assert landmarker._assign_sides(Picture(DARK, 0.0, is_poor=True), [hand]) == {}


def test_hands_far_from_the_wrists_are_somebody_elses() -> None:
    pose: Points = np.full((33, 3), np.nan, np.float32)
    point = np.array([400, 300, 0], np.float32)
    assert is_near_wrist(point, pose)
    pose[[LEFT_SHOULDER, RIGHT_SHOULDER]] = [[350, 100, 0], [250, 100, 0]]
    pose[[LEFT_WRIST, RIGHT_WRIST]] = [[380, 320, 0], [220, 320, 0]]
    assert is_near_wrist(point, pose)
    assert not is_near_wrist(point + np.float32(150), pose)


@pytest.fixture(scope="module")
def networks() -> Iterator[Networks]:
    networks = Networks(DEFAULT_PARTS)
    yield networks
    networks.close()


@pytest.fixture(scope="module")
def clip(karsl: Path) -> list[Frame]:
    return list(read_recording(next((karsl / "karsl-502/01/01/test/0040").glob("*.mp4"))))


def detect(networks: Networks, frames: Iterable[Frame]) -> Points:
    """Return the points of all frames, [frames, 543, 3], in pixels."""
    with closing(TrackingLandmarker(networks=networks)) as landmarker:
        found = [landmarker.detect(frame).points * frame.image.shape[1] for frame in frames]
    return np.array(found, np.float32)


@pytest.mark.parametrize("is_left", [False, True])
def test_signer_is_followed_beside_a_person_further_away(
    networks: Networks, clip: list[Frame], karsl: Path, is_left: bool
) -> None:
    alone = detect(networks, clip)
    others = cycle(read_recording(sorted((karsl / "karsl-50/03/03/train").glob("*/*.mp4"))[3]))
    size = clip[0].image.shape[0]
    small = [cv2.resize(other.image, None, fx=0.7, fy=0.7) for other, _ in zip(others, clip, strict=False)]
    tall = [cv2.copyMakeBorder(one, size - one.shape[0], 0, 0, 0, cv2.BORDER_REPLICATE) for one in small]
    pairs = [[other, frame.image] if is_left else [frame.image, other] for other, frame in zip(tall, clip, strict=True)]
    images = [np.asarray(cv2.hconcat(pair), np.uint8) for pair in pairs]
    beside = detect(networks, [Frame(image, frame.time) for image, frame in zip(images, clip, strict=True)])
    beside[:, :, 0] -= tall[0].shape[1] if is_left else 0
    visible = np.r_[468:506, 522:543]  # both hands, and head, shoulders, elbows and wrists
    is_found = ~np.isnan(alone[:, visible, 0])
    assert is_found.mean() > 0.6
    distances = np.linalg.norm((beside - alone)[:, visible, :2], axis=2)[is_found]
    assert np.mean(distances < 10) > 0.95  # pixels; NaN is none
    assert np.nanmax(beside[:, [489 + LEFT_WRIST, 489 + RIGHT_WRIST], 0]) < 1.2 * size


def test_hand_that_covers_another_is_not_found_twice(networks: Networks, karsl: Path) -> None:
    crossing = read_recording(next((karsl / "karsl-502/02/02/test/0071").glob("*15_55_05*")))
    points = detect(networks, crossing)
    left, right = (points[:, PART_SLICES[part], :2] for part in (Part.LEFT_HAND, Part.RIGHT_HAND))
    apart = np.linalg.norm(left.mean(axis=1) - right.mean(axis=1), axis=1)
    assert np.nanmin(apart) > 20  # pixels; the width of a palm is 50


def test_points_do_not_depend_on_the_number_of_threads(networks: Networks, clip: list[Frame]) -> None:
    usual = detect(networks, clip)
    threads, networks.threads = networks.threads, ThreadPoolExecutor(1)
    alone = detect(networks, clip)
    networks.threads.shutdown()
    networks.threads = threads
    np.testing.assert_array_equal(alone, usual)
