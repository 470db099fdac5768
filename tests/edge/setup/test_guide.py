"""Guides a synthetic signer who moves before the camera."""

import numpy as np
import pytest

from edge.cameras.frozen_frames import FrozenFrameDetector
from edge.setup.guide import Guide
from edge.setup.state import Advice
from landmarkers.frame import Frame, Image, Landmarks
from landmarkers.layout import LEFT_SHOULDER, NOSE, PART_SLICES, POINT_COUNT, RIGHT_SHOULDER, Part
from tests.edge.cameras.fake_device import FROZEN

WIDTH, HEIGHT = 640, 480


class Stage:
    """A picture with a signer in it, whom a guide sees ten times a second."""

    def __init__(self, rotation_degrees: int = 0) -> None:
        self.time = 0.0
        self.people = 1
        noise = np.random.default_rng(5).integers(60, 200, (HEIGHT // 4, WIDTH // 4, 3))
        self.image = np.kron(noise, np.ones((4, 4, 1))).astype(np.uint8)
        self.fault: str | None = None
        sizes = [0.6]
        self.guide = Guide(rotation_degrees, lambda _frame: sizes * self.people, lambda: self.time, lambda: self.fault)

    def see(self, landmarks: Landmarks, seconds: float = 4.0) -> list[Advice]:
        """Show the signer for some seconds; return each advice that was given, without repetitions."""
        given: list[Advice] = []
        for _ in range(round(10 * seconds)):
            self.time += 0.1
            self.guide.observe(Frame(self.image, self.time), landmarks)
            advice = self.guide.advice()[0]
            given += [advice] if given[-1:] != [advice] else []
        return given


def signer(*, x: float = 0.5, y: float = 0.33, shoulders: float = 0.2, degrees: float = 0.0) -> Landmarks:
    """Return a signer with the middle of the shoulders at x and y, in widths of the picture."""
    right = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]) * shoulders
    down = np.array([-right[1], right[0]])
    pose, middle = np.full((33, 3), 0.5, np.float32), np.array([x, y])
    pose[LEFT_SHOULDER, :2], pose[RIGHT_SHOULDER, :2] = middle + right / 2, middle - right / 2
    pose[NOSE, :2] = middle - 0.5 * down
    pose[[23, 24], :2] = middle + 1.45 * down + right / 3, middle + 1.45 * down - right / 3
    points = np.full((POINT_COUNT, 3), np.nan, np.float32)
    points[PART_SLICES[Part.POSE]] = pose
    return Landmarks(points, 0.0)


def test_signer_at_the_right_place() -> None:
    assert Stage().see(signer())[-1] is Advice.GOOD


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (signer(shoulders=0.06), Advice.COME_CLOSER),
        (signer(shoulders=0.48), Advice.STEP_BACK),
        (signer(y=0.12), Advice.RAISE_CAMERA),
        (signer(y=0.6), Advice.LOWER_CAMERA),
        (signer(x=0.1), Advice.MOVE_LEFT),
        (signer(x=0.9), Advice.MOVE_RIGHT),
        (signer(degrees=20), Advice.LEVEL),
        (signer(degrees=90, y=0.4), Advice.TURN_PICTURE),
        (Landmarks.empty(0.0), Advice.NOBODY),
    ],
)
def test_signer_at_the_wrong_place(place: Landmarks, expected: Advice) -> None:
    assert Stage().see(place) == [Advice.WAIT, expected] or Stage().see(place) == [expected]


def test_picture_upside_down_whose_slope_is_measured_from_either_side() -> None:
    stage = Stage()
    for turn in range(40):
        given = stage.see(signer(degrees=180.0 + 2.0 * (-1) ** turn, y=0.4), 0.2)
    assert given == [Advice.TURN_PICTURE]


def test_dark_room() -> None:
    stage = Stage()
    stage.image = (stage.image * 0.1).astype(np.uint8)
    assert stage.see(signer())[-1] is Advice.MORE_LIGHT


def test_window_behind_the_signer() -> None:
    stage = Stage()
    stage.image[:] = 220
    body = stage.image[60:400, 170:470]
    body[:] = np.random.default_rng(1).integers(20, 60, body.shape)
    assert stage.see(signer())[-1] is Advice.LIGHT_IN_FRONT


def test_camera_out_of_focus() -> None:
    stage = Stage()
    stage.image[:] = np.linspace(80, 160, WIDTH, dtype=np.uint8)[None, :, None]
    assert stage.see(signer())[-1] is Advice.SHARPEN


def test_second_person_comes_and_leaves() -> None:
    stage = Stage()
    stage.people = 2
    assert stage.see(signer())[-1] is Advice.ONE_PERSON
    stage.people = 1
    assert stage.see(signer())[-1] is Advice.GOOD


def test_body_that_is_found_twice_in_one_picture_is_one_person() -> None:
    stage, given = Stage(), []
    for people, seconds in ((1, 2.5), (2, 2.0), (1, 4.0)):
        stage.people = people
        given += stage.see(signer(), seconds)
    assert set(given) == {Advice.GOOD}


def test_advice_follows_whoever_comes_closer() -> None:
    stage = Stage()
    assert stage.see(signer(shoulders=0.06))[-1] is Advice.COME_CLOSER
    assert stage.see(signer(shoulders=0.2)) == [Advice.COME_CLOSER, Advice.GOOD]


def test_advice_does_not_flicker_where_a_limit_is_crossed_to_and_fro() -> None:
    stage = Stage()
    stage.see(signer(shoulders=0.1))
    swaying = [stage.see(signer(shoulders=0.112 + 0.004 * (-1) ** turn), 0.3) for turn in range(40)]
    assert {advice for given in swaying for advice in given} == {Advice.COME_CLOSER}


def test_nothing_changes_for_somebody_who_passes_for_half_a_second() -> None:
    stage = Stage()
    stage.see(signer())
    assert stage.see(Landmarks.empty(0.0), 0.5) == [Advice.GOOD]
    assert stage.see(signer()) == [Advice.GOOD]


def test_camera_that_delivers_no_picture_and_returns() -> None:
    stage = Stage()
    assert stage.guide.advice()[0] is Advice.WAIT
    stage.see(signer())
    stage.time += 3.5
    stage.guide.advice()
    stage.time += 1.5
    assert stage.guide.advice()[0] is Advice.NO_PICTURE
    assert stage.see(signer())[-1] is Advice.GOOD


@pytest.mark.parametrize(
    ("image", "expected"), [(np.zeros((48, 64, 3), np.uint8), Advice.BLACK), (FROZEN, Advice.FROZEN)]
)
def test_camera_of_which_no_frames_come_though_it_delivers_images(image: Image, expected: Advice) -> None:
    detector, stage = FrozenFrameDetector(1.0), Stage()
    detector.find_fault(Frame(image, 0.0))
    stage.fault = f"the camera cellar {detector.find_fault(Frame(image, 1.0))}"
    for _ in range(2):
        stage.time += 3.5
        given = stage.guide.advice()[0]
    assert given is expected
    assert stage.see(signer())[-1] is Advice.GOOD


def test_take_without_pictures_is_no_fault_of_the_guide() -> None:
    guide = Guide(0, clock=lambda: 0.0)
    guide.observe(Frame(np.zeros((0, 0, 3), np.uint8), 0.0), signer())
    assert guide.advice()[0] is Advice.NOBODY
