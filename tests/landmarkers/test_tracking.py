"""How often each network runs, which is what makes the landmarker fast, and that hands stay what they are."""

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
from landmarkers.recording import read_recording
from landmarkers.tracking import Networks, TrackingLandmarker

NOBODY = np.zeros((120, 160, 3), np.uint8)


@pytest.fixture
def calls() -> "Counter[str]":
    return Counter()


@pytest.fixture
def landmarker(calls: "Counter[str]") -> Iterator[TrackingLandmarker]:
    loaded = Networks(DEFAULT_PARTS)

    def counted(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            calls[name] += 1
            return run(*arguments, **named)

        return call

    for name, network in (("body detector", loaded.body_detector), ("palm detector", loaded.palm_detector)):
        setattr(network, "detect", counted(name, network.detect))  # noqa: B010  # a counter in a method's place
    places: list[tuple[str, BodyNetwork | HandNetwork]] = [
        ("body", loaded.body),
        *(("hand", one) for one in loaded.hands),
    ]
    for name, place in places:
        setattr(place, "locate", counted(name, place.detect))  # noqa: B010
    with closing(TrackingLandmarker(networks=loaded)) as tracking:
        yield tracking


def show(landmarker: TrackingLandmarker, picture: Image, *, frames: int, fps: float) -> list[Landmarks]:
    return [landmarker.detect(Frame(picture, number / fps)) for number in range(frames)]


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_a_body_without_a_hand_to_follow_is_looked_at_five_times_a_second(
    fps: float, landmarker: TrackingLandmarker, calls: "Counter[str]", sample_picture: Path
) -> None:
    picture = cv2.imread(str(sample_picture), cv2.IMREAD_COLOR_RGB)
    found = show(landmarker, np.asarray(picture, np.uint8), frames=round(2 * fps), fps=fps)
    assert all(landmarks.is_visible(Part.POSE) for landmarks in found)
    assert calls["body detector"] == 1
    assert 9 <= calls["body"] <= 12


def test_palms_are_searched_twice_a_second_while_nobody_is_in_view(
    landmarker: TrackingLandmarker, calls: "Counter[str]"
) -> None:
    show(landmarker, NOBODY, frames=60, fps=30.0)
    assert 3 <= calls["palm detector"] <= 5
    assert calls["hand"] == 0


def test_a_body_is_searched_seven_times_a_second_while_nobody_is_in_view(
    landmarker: TrackingLandmarker, calls: "Counter[str]"
) -> None:
    show(landmarker, NOBODY, frames=60, fps=30.0)
    assert 10 <= calls["body detector"] <= 15


def test_hands_in_view_are_followed_without_a_search(
    landmarker: TrackingLandmarker, calls: "Counter[str]", karsl: Path
) -> None:
    clip = next((karsl / "karsl-502/01/01/test/0040").glob("*.mp4"))
    found = [landmarker.detect(frame) for frame in read_recording(clip)]
    hands = sum(landmarks.is_visible(part) for landmarks in found for part in (Part.LEFT_HAND, Part.RIGHT_HAND))
    assert hands > 0.9 * len(found)
    assert hands <= calls["hand"] <= 1.5 * hands
    assert calls["palm detector"] < 0.6 * len(found)
    assert calls["body"] <= 0.5 * len(found)


def test_a_hand_turned_upside_down_is_found_where_it_is(landmarker: TrackingLandmarker, karsl: Path) -> None:
    frame = list(read_recording(next((karsl / "karsl-502/01/01/test/0040").glob("*.mp4"))))[8]
    upright = landmarker.detect(frame)
    with closing(TrackingLandmarker()) as other:
        turned = other.detect(Frame(np.ascontiguousarray(frame.image[::-1, ::-1]), 0.0))
    hands = [part for part in (Part.LEFT_HAND, Part.RIGHT_HAND) if upright.is_visible(part)]
    assert hands
    found = [turned.points[PART_SLICES[part]] for part in (Part.LEFT_HAND, Part.RIGHT_HAND)]
    for part in hands:
        expected = np.array([1.0, frame.image.shape[0] / frame.image.shape[1]]) - upright.part(part)[:, :2]
        apart = min(np.nan_to_num(np.linalg.norm(one[:, :2] - expected, axis=1), nan=9.0).mean() for one in found)
        assert apart < 0.02  # picture widths


def test_a_cut_to_another_scene_lets_go_of_the_hands(landmarker: TrackingLandmarker, karsl: Path) -> None:
    frames = list(read_recording(next((karsl / "karsl-502/01/01/test/0040").glob("*.mp4"))))[:8]
    for frame in frames:
        landmarker.detect(frame)
    gone = landmarker.detect(Frame(np.zeros_like(frames[0].image), frames[-1].time + 0.2))
    assert np.isnan(gone.points).all()
