"""Advises on the measures of signers who stand at the wrong place, one fault at a time."""

from dataclasses import replace

import pytest

from edge.setup.advice import advise, figures_of
from edge.setup.measures import Measures
from edge.setup.motion import MovedArea
from edge.setup.state import Advice, GuideFigures

GOOD = Measures(
    width_px=640,
    aspect=0.75,
    brightness=130.0,
    behind=140.0,
    sharpness=0.3,
    shoulders=0.25,
    turned=1.0,
    head_room=0.12,
    hand_room=0.1,
    aside=0.01,
    tilt_degrees=-2.0,
)
EMPTY = Measures(width_px=640, aspect=0.75, brightness=120.0)


def advice(measures: Measures, given: Advice = Advice.WAIT, people: int = 1) -> tuple[Advice, GuideFigures]:
    return advise(measures, figures_of(measures, [0.5] * people), given, rotation_degrees=0)


def test_signer_at_the_right_place() -> None:
    assert advice(GOOD)[0] is Advice.GOOD


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"brightness": 20.0, "behind": 20.0}, Advice.MORE_LIGHT),
        ({"brightness": 50.0, "behind": 180.0}, Advice.LIGHT_IN_FRONT),
        ({"brightness": 110.0, "front": 40.0, "behind": 200.0}, Advice.LIGHT_IN_FRONT),
        ({"turned": 0.4}, Advice.FACE_CAMERA),
        ({"tilt_degrees": 20.0}, Advice.LEVEL),
        ({"tilt_degrees": -88.0}, Advice.TURN_PICTURE),
        ({"shoulders": 0.07}, Advice.COME_CLOSER),
        ({"shoulders": 0.55}, Advice.STEP_BACK),
        ({"head_room": -0.1}, Advice.RAISE_CAMERA),
        ({"hand_room": -0.1}, Advice.LOWER_CAMERA),
        ({"aside": -0.35}, Advice.MOVE_LEFT),
        ({"aside": 0.35}, Advice.MOVE_RIGHT),
        ({"sharpness": 0.01}, Advice.SHARPEN),
        ({"aside": -0.45, "turned": 0.4, "tilt_degrees": 39.0}, Advice.MOVE_LEFT),
    ],
)
def test_one_fault_has_one_advice(fault: dict[str, float], expected: Advice) -> None:
    assert advice(replace(GOOD, **fault))[0] is expected  # type: ignore[arg-type] # all of them are floats


def test_empty_picture_in_the_light_and_in_the_dark() -> None:
    assert advice(EMPTY)[0] is Advice.NOBODY
    assert advice(replace(EMPTY, brightness=3.0))[0] is Advice.MORE_LIGHT


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        (MovedArea(0.0, 0.2, 0.3), Advice.MOVE_LEFT),
        (MovedArea(0.85, 1.0, 0.0), Advice.MOVE_RIGHT),
        (MovedArea(0.35, 0.65, 0.02), Advice.RAISE_CAMERA),
        (MovedArea(0.02, 0.98, 0.02), Advice.STEP_BACK),
        (MovedArea(0.4, 0.6, 0.3), Advice.NOBODY),
        (MovedArea(0.2, 0.35, 0.3), Advice.NOBODY),
    ],
)
def test_somebody_of_whom_only_a_part_is_in_the_picture(moved: MovedArea, expected: Advice) -> None:
    assert advice(replace(EMPTY, moved=moved))[0] is expected
    assert advice(replace(EMPTY, moved=moved, brightness=3.0))[0] is Advice.MORE_LIGHT
    assert advice(replace(GOOD, moved=moved))[0] is Advice.GOOD


def test_second_person_of_the_same_size_and_one_who_walks_behind() -> None:
    assert advice(GOOD, people=2)[0] is Advice.ONE_PERSON
    assert figures_of(GOOD, [0.5, 0.2]).people == 1


def test_light_comes_before_distance() -> None:
    assert advice(replace(GOOD, brightness=20.0, behind=20.0, shoulders=0.07))[0] is Advice.MORE_LIGHT


def test_amounts_lead_to_the_right_place() -> None:
    far = replace(GOOD, shoulders=0.06)
    closer = advice(far)[1].factor
    assert closer is not None
    assert advice(replace(far, shoulders=0.06 * closer), Advice.COME_CLOSER)[0] is Advice.GOOD
    near = replace(GOOD, shoulders=0.6)
    back = advice(near)[1].factor
    assert back is not None
    assert advice(replace(near, shoulders=0.6 / back), Advice.STEP_BACK)[0] is Advice.GOOD


def test_amounts_of_light_and_sharpness_are_what_is_needed_by_what_there_is() -> None:
    assert advice(replace(GOOD, brightness=30.0, behind=30.0))[1].factor == 2.0
    assert advice(replace(GOOD, brightness=50.0, behind=200.0))[1].factor == 4.0
    assert advice(replace(GOOD, sharpness=0.02))[1].factor == 2.0


@pytest.mark.parametrize(
    ("fault", "centimetres"),
    [
        ({"aside": -0.35}, 50),  # 1.4 shoulder widths
        ({"aside": 0.5}, 70),
        ({"head_room": -0.1}, 20),
        ({"head_room": -0.04}, 10),
        ({"hand_room": -0.3}, 40),
    ],
)
def test_distances_are_measured_by_the_shoulders(fault: dict[str, float], centimetres: int) -> None:
    assert advice(replace(GOOD, **fault))[1].centimetres == centimetres  # type: ignore[arg-type] # all are floats


@pytest.mark.parametrize(("tilt", "degrees"), [(88.0, 270), (-92.0, 90), (178.0, 180), (-178.0, 180)])
def test_picture_on_its_side_is_rotated_back(tilt: float, degrees: int) -> None:
    assert advice(replace(GOOD, tilt_degrees=tilt))[1].degrees == degrees


def test_rotation_is_added_to_that_of_the_configuration() -> None:
    on_its_side = replace(GOOD, tilt_degrees=90.0)
    _, figures = advise(on_its_side, figures_of(on_its_side, None), Advice.WAIT, rotation_degrees=180)
    assert figures.degrees == 90


@pytest.mark.parametrize(
    ("name", "between", "given"),
    [
        ("tilt_degrees", 10.0, Advice.LEVEL),
        ("shoulders", 0.117, Advice.COME_CLOSER),
        ("head_room", -0.01, Advice.RAISE_CAMERA),
        ("hand_room", -0.01, Advice.LOWER_CAMERA),
        ("brightness", 50.0, Advice.MORE_LIGHT),
        ("sharpness", 0.035, Advice.SHARPEN),
    ],
)
def test_advice_ends_later_than_it_begins(name: str, between: float, given: Advice) -> None:
    at_the_limit = replace(GOOD, **{name: between}, behind=60.0)  # type: ignore[arg-type] # all of them are floats
    assert advice(at_the_limit, Advice.GOOD)[0] is Advice.GOOD
    assert advice(at_the_limit, given)[0] is given


def test_signer_in_the_middle_of_what_is_named_as_best() -> None:
    best = figures_of(GOOD, None).best_shoulders
    assert best is not None
    assert best[0] < best[1]
    for shoulders in (best[0] + 0.01, sum(best) / 2, best[1] - 0.01):
        assert advice(replace(GOOD, shoulders=shoulders), Advice.STEP_BACK)[0] is Advice.GOOD
