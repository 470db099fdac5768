from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from landmarkers.frame import Frame
from landmarkers.layout import DEFAULT_PARTS, LEFT_SHOULDER, NOSE, RIGHT_SHOULDER, Part
from landmarkers.mediapipe_tasks import MediaPipeLandmarker
from landmarkers.recording import read_recording
from landmarkers.task_bundles import NetworksUnavailable
from landmarkers.tracking import TrackingLandmarker

LandmarkerClass = type[TrackingLandmarker] | type[MediaPipeLandmarker]

pytestmark = pytest.mark.parametrize("landmarker_class", [TrackingLandmarker, MediaPipeLandmarker])


@pytest.fixture(scope="session")
def person(sample_image: Path) -> Frame:
    image = cv2.imread(str(sample_image), cv2.IMREAD_COLOR_RGB)
    assert image is not None
    return Frame(np.asarray(image, np.uint8), 0.0)


def test_person_is_detected_at_the_right_place(landmarker_class: LandmarkerClass, person: Frame) -> None:
    with closing(landmarker_class()) as landmarker:
        landmarks = landmarker.detect(person)
    pose = landmarks.part(Part.POSE)
    assert pose[RIGHT_SHOULDER, 0] < pose[NOSE, 0] < pose[LEFT_SHOULDER, 0]
    assert pose[NOSE, 1] < pose[LEFT_SHOULDER, 1]
    assert landmarks.time == person.time


def test_unrequested_part_is_not_computed(landmarker_class: LandmarkerClass, person: Frame) -> None:
    with closing(landmarker_class(frozenset({Part.POSE}))) as landmarker:
        landmarks = landmarker.detect(person)
    assert landmarks.is_visible(Part.POSE)
    assert not any(landmarks.is_visible(part) for part in (Part.FACE, Part.LEFT_HAND, Part.RIGHT_HAND))


def test_requested_face_is_detected(landmarker_class: LandmarkerClass, person: Frame) -> None:
    with closing(landmarker_class(DEFAULT_PARTS | {Part.FACE})) as landmarker:
        face = landmarker.detect(person).part(Part.FACE)
    assert face.shape == (468, 3)
    assert not np.isnan(face).any()


def test_wide_image_keeps_the_persons_proportions(landmarker_class: LandmarkerClass, person: Frame) -> None:
    width = person.image.shape[1]
    border = width // 2
    wide = cv2.copyMakeBorder(person.image, 0, 0, border, border, cv2.BORDER_REPLICATE)
    spans = []
    for image in (person.image, np.asarray(wide, np.uint8)):
        with closing(landmarker_class(frozenset({Part.POSE}))) as landmarker:
            pose = landmarker.detect(Frame(image, 0.0)).part(Part.POSE)
        across, down = np.abs(pose[LEFT_SHOULDER, :2] - pose[NOSE, :2])
        spans.append(across / down)
    assert spans[1] == pytest.approx(spans[0], rel=0.15)


def test_empty_image_is_all_nan(landmarker_class: LandmarkerClass) -> None:
    with closing(landmarker_class()) as landmarker:
        landmarks = landmarker.detect(Frame(np.zeros((120, 160, 3), np.uint8), 0.0))
    assert np.isnan(landmarks.points).all()


def test_missing_networks_are_reported_with_the_command_that_builds_them(
    landmarker_class: LandmarkerClass, tmp_path: Path
) -> None:
    with pytest.raises(NetworksUnavailable, match="ishara-landmarkers"):
        landmarker_class(folder=tmp_path)


def test_hands_and_body_are_detected_in_a_real_clip(landmarker_class: LandmarkerClass, karsl: Path) -> None:
    clip = next((karsl / "karsl-502/01/01/test/0040").glob("*.mp4"))
    with closing(landmarker_class()) as landmarker:
        found = [landmarker.detect(frame) for frame in read_recording(clip)]
    assert all(landmarks.is_visible(Part.POSE) for landmarks in found)
    hands = [landmarks.is_visible(Part.LEFT_HAND) or landmarks.is_visible(Part.RIGHT_HAND) for landmarks in found]
    assert np.mean(hands) > 0.9
