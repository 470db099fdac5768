"""The tracking landmarker's speed, by the number of runs of each network, and the identity of tracked hands."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from landmarkers.body import BodyNetwork
from landmarkers.frame import Frame, Image, Landmarks
from landmarkers.hand import HandNetwork
from landmarkers.layout import DEFAULT_PARTS, PART_SLICES, Part
from landmarkers.networks import Networks
from landmarkers.recording import read_recording
from landmarkers.tracking import TrackingLandmarker

EMPTY = np.zeros((120, 160, 3), np.uint8)


@pytest.fixture
def calls() -> "Counter[str]":
    return Counter()


@pytest.fixture
def landmarker(calls: "Counter[str]") -> Iterator[TrackingLandmarker]:
    networks = Networks(DEFAULT_PARTS)

    def counted(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            calls[name] += 1
            return run(*arguments, **named)

        return call

    for name, detector in (("body detector", networks.body_detector), ("palm detector", networks.palm_detector)):
        setattr(detector, "detect", counted(name, detector.detect))  # noqa: B010  # replaces a method
    landmark_networks: list[tuple[str, BodyNetwork | HandNetwork]] = [
        ("body", networks.body),
        *(("hand", one) for one in networks.hands),
    ]
    for name, landmark_network in landmark_networks:
        setattr(landmark_network, "detect", counted(name, landmark_network.detect))  # noqa: B010
    with closing(TrackingLandmarker(networks=networks)) as landmarker:
        yield landmarker


def detect_repeatedly(landmarker: TrackingLandmarker, image: Image, *, frames: int, fps: float) -> list[Landmarks]:
    return [landmarker.detect(Frame(image, number / fps)) for number in range(frames)]


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_body_without_hands_is_detected_five_times_a_second(
    fps: float, landmarker: TrackingLandmarker, calls: "Counter[str]", sample_image: Path
) -> None:
    image = cv2.imread(str(sample_image), cv2.IMREAD_COLOR_RGB)
    found = detect_repeatedly(landmarker, np.asarray(image, np.uint8), frames=round(2 * fps), fps=fps)
    assert all(landmarks.is_visible(Part.POSE) for landmarks in found)
    assert calls["body detector"] == 1
    assert 9 <= calls["body"] <= 12


def test_palms_are_searched_twice_a_second_while_nobody_is_visible(
    landmarker: TrackingLandmarker, calls: "Counter[str]"
) -> None:
    detect_repeatedly(landmarker, EMPTY, frames=60, fps=30.0)
    assert 3 <= calls["palm detector"] <= 5
    assert calls["hand"] == 0


def test_body_is_searched_seven_times_a_second_while_nobody_is_visible(
    landmarker: TrackingLandmarker, calls: "Counter[str]"
) -> None:
    detect_repeatedly(landmarker, EMPTY, frames=60, fps=30.0)
    assert 10 <= calls["body detector"] <= 15


def test_visible_hands_are_tracked_without_a_search(
    landmarker: TrackingLandmarker, calls: "Counter[str]", karsl: Path
) -> None:
    clip = next((karsl / "karsl-502/01/01/test/0040").glob("*.mp4"))
    found = [landmarker.detect(frame) for frame in read_recording(clip)]
    hands = sum(landmarks.is_visible(part) for landmarks in found for part in (Part.LEFT_HAND, Part.RIGHT_HAND))
    assert hands > 0.9 * len(found)
    assert hands <= calls["hand"] <= 1.5 * hands
    assert calls["palm detector"] < 0.6 * len(found)
    assert calls["body"] <= 0.5 * len(found)


def test_hand_in_an_image_turned_upside_down_is_detected(landmarker: TrackingLandmarker, karsl: Path) -> None:
    frame = list(read_recording(next((karsl / "karsl-502/01/01/test/0040").glob("*.mp4"))))[8]
    upright = landmarker.detect(frame)
    with closing(TrackingLandmarker()) as other:
        turned = other.detect(Frame(np.ascontiguousarray(frame.image[::-1, ::-1]), 0.0))
    hands = [part for part in (Part.LEFT_HAND, Part.RIGHT_HAND) if upright.is_visible(part)]
    assert hands
    found = [turned.points[PART_SLICES[part]] for part in (Part.LEFT_HAND, Part.RIGHT_HAND)]
    for part in hands:
        expected = np.array([1.0, frame.image.shape[0] / frame.image.shape[1]]) - upright.part(part)[:, :2]
        distance = min(
            np.nan_to_num(np.linalg.norm(points[:, :2] - expected, axis=1), nan=9.0).mean() for points in found
        )
        assert distance < 0.02  # image widths


def test_hands_are_lost_at_a_cut_to_another_scene(landmarker: TrackingLandmarker, karsl: Path) -> None:
    frames = list(read_recording(next((karsl / "karsl-502/01/01/test/0040").glob("*.mp4"))))[:8]
    for frame in frames:
        landmarker.detect(frame)
    after_cut = landmarker.detect(Frame(np.zeros_like(frames[0].image), frames[-1].time + 0.2))
    assert np.isnan(after_cut.points).all()
