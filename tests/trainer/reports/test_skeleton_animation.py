import re
import xml.etree.ElementTree as ET

import numpy as np

from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import Take
from tests.synthetic_takes import make_take
from trainer.reports.skeleton_animation import skeleton_animation


def squares(drawn: str) -> list[ET.Element]:
    """The frames of an animation, in order."""
    (strip,) = ET.fromstring(drawn).findall(".//g[@class='strip']")
    return list(strip)


def kinds(square: ET.Element) -> set[str]:
    return {part.get("class", "") for part in square}


def test_one_second_is_a_row_of_squares_and_a_pause() -> None:
    drawn = skeleton_animation(make_take(), "a take")
    shown = squares(drawn)
    assert len(shown) == 16 + 5
    assert [square.get("transform") for square in shown[:3]] == ["translate(0)", "translate(300)", "translate(600)"]
    assert "--frames: 21; --seconds: 1.40s" in drawn
    assert ET.tostring(shown[-1][-1]) == ET.tostring(shown[-6][-1])  # the pause shows the last frame


def test_hand_is_drawn_only_where_it_is_visible() -> None:
    take = make_take()
    take.points[: len(take) // 2, PART_SLICES[Part.RIGHT_HAND]] = np.nan
    shown = squares(skeleton_animation(take, "a take"))
    assert "right" not in kinds(shown[0])
    assert kinds(shown[-1]) >= {"right", "body"}
    assert not any("left" in kinds(square) for square in shown)


def test_number_of_squares_does_not_depend_on_the_frame_rate() -> None:
    for count in (5, 60):
        take = make_take(times=np.linspace(3.0, 4.0, count))
        assert len(squares(skeleton_animation(take, "a take"))) == 21


def test_take_of_one_frame_or_without_a_person_is_drawn() -> None:
    one = make_take(times=[0.0])
    assert len(squares(skeleton_animation(one, "one frame"))) == 6
    nobody = Take(np.full_like(one.points, np.nan), one.times, one.provenance)
    assert all(len(square) == 0 for square in squares(skeleton_animation(nobody, "nobody")))


def test_drawing_has_whole_numbers_and_stays_small() -> None:
    drawn = skeleton_animation(make_take(), "a take")
    paths = re.findall(' d="([^"]*)"', drawn)
    assert paths
    assert all(re.fullmatch(r"([ML]-?\d+ -?\d+)+", path) for path in paths)
    assert len(drawn) < 20_000


def test_drawing_has_a_text_alternative() -> None:
    drawn = ET.fromstring(skeleton_animation(make_take(), 'a take of "7"'))
    assert drawn.get("aria-label") == 'a take of "7"'
