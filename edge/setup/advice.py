"""Decides on the one thing to do next so that the device can read the signer.

Each check has two limits: one at which its advice begins and, once it is given, a stricter one at which it ends, so
that a signer at the limit is not told one thing and another. The limits were measured; see docs/cameras.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.setup.measures import Measures
from edge.setup.motion import MovedArea
from edge.setup.state import Advice, GuideFigures

_RIGHT_ANGLE: Final = 90
_MARGIN: Final = 1.15  # beyond the limit, that who moves does not stop at it


@dataclass(frozen=True, slots=True)
class _Limit:
    """The value at which advice begins, and the one at which it ends."""

    begins: float
    ends: float

    def at(self, *, is_given: bool) -> float:
        return self.ends if is_given else self.begins


_BRIGHTNESS: Final = _Limit(45.0, 60.0)  # mean of head and chest, 0 to 255
_BRIGHTNESS_EMPTY: Final = _Limit(12.0, 20.0)  # mean of a picture in which nobody is found
_BACKLIGHT: Final = _Limit(2.5, 2.0)  # what is behind, by head and chest
_LIT_ENOUGH: Final = 90.0  # of head and chest, whatever is behind
_SHARPNESS: Final = _Limit(0.03, 0.04)
_TURNED: Final = _Limit(0.6, 0.75)
_TILT_DEGREES: Final = _Limit(12.0, 8.0)
_ON_ITS_SIDE_DEGREES: Final = _Limit(60.0, 50.0)
_SHOULDERS_PX: Final = _Limit(70.0, 80.0)
_SHOULDERS: Final = _Limit(0.08, 0.09)  # of the picture's width, whatever its pixels
_SHOULDERS_WIDE: Final = _Limit(0.50, 0.46)
_BODY: Final = 2.2  # shoulder widths from the top of the head to hands that are lowered from a sign
_HEAD_ROOM: Final = _Limit(-0.03, 0.0)  # of the picture's height
_HAND_ROOM: Final = _Limit(-0.04, 0.0)
_SIDE_ROOM: Final = _Limit(-0.02, 0.02)  # of the picture's width, beyond one shoulder width from the middle of the body
_EDGE: Final = 0.1  # of the picture: who moves there is partly outside
_OUTER: Final = 0.4  # of the picture's width: who moves in no other part stands at its side
_SHOULDERS_CM: Final = 36.0  # between an adult's shoulder joints
_SPARE_ROOM: Final = 0.05  # of the picture's height, above the head or below the hands, at which the camera is to end
_STEP_CM: Final = 10
_SIMILAR_SIZE: Final = 0.7  # of the largest person: who is smaller stands behind, and is not taken for the signer


def figures_of(measures: Measures, person_sizes: list[float] | None) -> GuideFigures:
    """Return the figures of a picture, without those of the advice."""
    width = measures.width_px
    shoulders = measures.shoulders
    has_signer = shoulders is not None
    return GuideFigures(
        shoulders=_rounded(shoulders, 3),
        shoulders_px=None if shoulders is None else round(shoulders * width),
        best_shoulders=_best_shoulders(measures) if has_signer else None,
        head_room=_rounded(measures.head_room, 2),
        hand_room=_rounded(measures.hand_room, 2),
        aside=_rounded(measures.aside, 2),
        tilt_degrees=_rounded(measures.tilt_degrees, 0),
        brightness=_rounded(measures.brightness, 0),
        behind=_rounded(measures.behind, 0),
        sharpness=_rounded(measures.sharpness, 3),
        people=None if person_sizes is None else similar_people(person_sizes),
    )


def similar_people(sizes: list[float]) -> int:
    """Return the number of people who may be taken for the signer."""
    return sum(size >= _SIMILAR_SIZE * max(sizes) for size in sizes)


def advise(
    measures: Measures, figures: GuideFigures, given: Advice, rotation_degrees: int
) -> tuple[Advice, GuideFigures]:
    """Return what to do next, and the figures with its amount.

    `given` is the advice so far, which ends at a stricter limit; `rotation_degrees` is the one of the configuration.
    """
    for check in _CHECKS:
        found = check(_Case(measures, figures, given, rotation_degrees))
        if found is not None:
            return found
    return Advice.GOOD, figures


@dataclass(frozen=True, slots=True)
class _Case:
    measures: Measures
    figures: GuideFigures
    given: Advice
    rotation_degrees: int

    def limit(self, limit: _Limit, *advice: Advice) -> float:
        return limit.at(is_given=self.given in advice)

    def with_figures(self, **amount: object) -> GuideFigures:
        return self.figures.model_copy(update=amount)

    def with_centimetres(self, distance: float) -> GuideFigures:
        """Return the figures with a distance beside the signer, which is a share of the picture's width."""
        steps = round(distance / (self.measures.shoulders or 1.0) * _SHOULDERS_CM / _STEP_CM)
        return self.with_figures(centimetres=_STEP_CM * max(1, steps))


_Found = tuple[Advice, GuideFigures] | None


def _check_presence(case: _Case) -> _Found:
    measures = case.measures
    if measures.shoulders is not None:
        return None
    bright = measures.brightness
    if bright is not None and bright < case.limit(_BRIGHTNESS_EMPTY, Advice.MORE_LIGHT):
        return Advice.MORE_LIGHT, case.with_figures(factor=_factor(_BRIGHTNESS_EMPTY.ends, bright))
    return _place_by_motion(measures.moved), case.figures


def _place_by_motion(moved: MovedArea | None) -> Advice:
    """Return what helps somebody who moves in the picture, and of whom too little is in it to be found."""
    if moved is None:
        return Advice.NOBODY
    is_left, is_right, is_top = moved.left < _EDGE, moved.right > 1.0 - _EDGE, moved.top < _EDGE
    if is_left and moved.right < _OUTER:
        return Advice.MOVE_LEFT
    if is_right and moved.left > 1.0 - _OUTER:
        return Advice.MOVE_RIGHT
    if is_top:
        return Advice.STEP_BACK if is_left and is_right else Advice.RAISE_CAMERA
    return Advice.NOBODY


def _check_people(case: _Case) -> _Found:
    # Who fills the picture is found more than once.
    is_alone = (case.figures.people or 0) < 2 or (case.measures.shoulders or 0.0) > _SHOULDERS_WIDE.begins
    return None if is_alone else (Advice.ONE_PERSON, case.figures)


def _check_light(case: _Case) -> _Found:
    bright, behind = case.measures.brightness, case.measures.behind
    if bright is None:
        return None
    front = case.measures.front or bright
    ratio = 1.0 if behind is None else behind / max(1.0, front)
    is_dark = bright < case.limit(_BRIGHTNESS, Advice.MORE_LIGHT, Advice.LIGHT_IN_FRONT)
    is_behind = ratio > case.limit(_BACKLIGHT, Advice.LIGHT_IN_FRONT)
    if is_behind and front < _LIT_ENOUGH:
        return Advice.LIGHT_IN_FRONT, case.with_figures(factor=_factor(ratio))
    return (Advice.MORE_LIGHT, case.with_figures(factor=_factor(_BRIGHTNESS.ends, bright))) if is_dark else None


def _check_turn(case: _Case) -> _Found:
    tilt = case.measures.tilt_degrees or 0.0
    if abs(tilt) > case.limit(_ON_ITS_SIDE_DEGREES, Advice.TURN_PICTURE):
        degrees = (case.rotation_degrees - _RIGHT_ANGLE * round(tilt / _RIGHT_ANGLE)) % 360
        return Advice.TURN_PICTURE, case.with_figures(degrees=degrees)
    return None


def _check_facing(case: _Case) -> _Found:
    turned = case.measures.turned
    is_turned = turned is not None and turned < case.limit(_TURNED, Advice.FACE_CAMERA)
    return (Advice.FACE_CAMERA, case.figures) if is_turned else None


def _check_level(case: _Case) -> _Found:
    tilt = case.measures.tilt_degrees or 0.0
    if abs(tilt) > case.limit(_TILT_DEGREES, Advice.LEVEL):
        return Advice.LEVEL, case.with_figures(degrees=round(tilt))
    return None


def _check_distance(case: _Case) -> _Found:
    shoulders, measures = case.measures.shoulders, case.measures
    if shoulders is None:
        return None
    least = _least_shoulders(measures, is_given=case.given is Advice.COME_CLOSER)
    if shoulders < least:
        return Advice.COME_CLOSER, case.with_figures(factor=_factor(_MARGIN * least, shoulders))
    most = _most_shoulders(measures, is_given=case.given is Advice.STEP_BACK)
    if shoulders > most:
        return Advice.STEP_BACK, case.with_figures(factor=_factor(_MARGIN * shoulders, most))
    return None


def _check_height(case: _Case) -> _Found:
    head, hands = case.measures.head_room, case.measures.hand_room
    if head is None or hands is None:
        return None
    is_head_cut = head < case.limit(_HEAD_ROOM, Advice.RAISE_CAMERA)
    are_hands_cut = hands < case.limit(_HAND_ROOM, Advice.LOWER_CAMERA)
    if is_head_cut:
        return Advice.RAISE_CAMERA, case.with_centimetres((_SPARE_ROOM - head) * case.measures.aspect)
    if are_hands_cut:
        return Advice.LOWER_CAMERA, case.with_centimetres((_SPARE_ROOM - hands) * case.measures.aspect)
    return None


def _check_shoulders(case: _Case) -> _Found:
    """Send back who stands half outside of the picture, of whom nothing else can be measured."""
    aside, shoulders = case.measures.aside, case.measures.shoulders
    is_cut = aside is not None and shoulders is not None and shoulders / 2 < abs(aside) > 0.5 - shoulders / 2
    return _check_place(case) if is_cut else None


def _check_place(case: _Case) -> _Found:
    aside, shoulders = case.measures.aside, case.measures.shoulders
    if aside is None or shoulders is None:
        return None
    # In the picture's left half the signer stands too far to the right, as they see it themselves.
    towards = Advice.MOVE_LEFT if aside < 0 else Advice.MOVE_RIGHT
    room = 0.5 - abs(aside) - shoulders
    # Who fills the picture has no room on either side, and is not to be sent to and fro.
    is_aside = abs(aside) > shoulders / 4 and room < case.limit(_SIDE_ROOM, towards)
    return (towards, case.with_centimetres(abs(aside))) if is_aside else None


def _check_sharpness(case: _Case) -> _Found:
    sharp = case.measures.sharpness
    if sharp is None:
        return None
    is_blurred = sharp < case.limit(_SHARPNESS, Advice.SHARPEN)
    return (Advice.SHARPEN, case.with_figures(factor=_factor(_SHARPNESS.ends, sharp))) if is_blurred else None


_CHECKS: Final[tuple[Callable[[_Case], _Found], ...]] = (
    _check_presence,
    _check_turn,
    _check_people,
    _check_light,
    _check_shoulders,
    _check_facing,
    _check_level,
    _check_distance,
    _check_height,
    _check_place,
    _check_sharpness,
)
"""The first that finds something decides: without light and a level picture, distances cannot be measured well."""


def _least_shoulders(measures: Measures, *, is_given: bool) -> float:
    """Return the least width of shoulders, as a share of the picture's width, of which hands are found."""
    return max(_SHOULDERS.at(is_given=is_given), _SHOULDERS_PX.at(is_given=is_given) / max(1, measures.width_px))


def _most_shoulders(measures: Measures, *, is_given: bool) -> float:
    """Return the greatest width of shoulders with which head, arms and lowered hands are in the picture."""
    fits = measures.aspect / _BODY
    least = _least_shoulders(measures, is_given=True)
    return max(_MARGIN * least, min(_SHOULDERS_WIDE.at(is_given=is_given), fits if is_given else _MARGIN * fits))


def _best_shoulders(measures: Measures) -> tuple[float, float]:
    least, most = _least_shoulders(measures, is_given=True), _most_shoulders(measures, is_given=True)
    return round(least, 3), round(most, 3)


def _factor(of: float, by: float = 1.0) -> float:
    return round(of / max(by, 1e-3), 1)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
