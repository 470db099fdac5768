from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage
from PIL import ImageDraw, features

from edge.sinks.captions.fonts import Family, FontMissing, find_families
from edge.sinks.captions.text import Typeface, Weight
from landmarkers.frame import Image

LETTERS = 60.0
BOLD, REGULAR = Weight.BOLD, Weight.REGULAR


@pytest.fixture
def typeface() -> Typeface:
    return Typeface.find("sans")


def draw(typeface: Typeface, text: str) -> Image:
    """Return the ink of a line, its right end at 950 and its baseline at 150."""
    image = PilImage.new("RGB", (1000, 250))
    typeface.draw(ImageDraw.Draw(image), text, (950, 150), LETTERS, BOLD, (255, 255, 255))
    return np.asarray(image)[:, :, 0]


def test_letters_of_a_word_are_joined(typeface: Typeface) -> None:
    separate = sum(typeface.width(letter, LETTERS, BOLD) for letter in "هيكل")
    assert typeface.width("هيكل", LETTERS, BOLD) < 0.9 * separate
    columns = draw(typeface, "هيكل").max(axis=0)
    inked = np.flatnonzero(columns > 128)
    assert np.all(np.diff(inked) == 1), "there is a gap in a word whose letters all join"


def test_letters_that_do_not_join_are_separate(typeface: Typeface) -> None:
    inked = np.flatnonzero(draw(typeface, "دار").max(axis=0) > 128)
    assert np.count_nonzero(np.diff(inked) > 1) == 2


def test_alif_has_the_requested_height_in_every_typeface_and_weight() -> None:
    for name in ("sans", "naskh"):
        for weight in (BOLD, REGULAR):
            image = PilImage.new("L", (300, 300))
            typeface = Typeface.find(name)
            canvas = PilImage.new("RGB", image.size)
            typeface.draw(ImageDraw.Draw(canvas), "ا", (200, 200), LETTERS, weight, (255, 255, 255))
            rows = np.flatnonzero(np.asarray(canvas)[:, :, 0].max(axis=1) > 128)
            assert len(rows) == pytest.approx(LETTERS, abs=2)


def test_line_ends_at_the_given_point_and_begins_a_width_before(typeface: Typeface) -> None:
    inked = np.flatnonzero(draw(typeface, "قصبة B12 هوائية").max(axis=0) > 128)
    assert inked[-1] == pytest.approx(950, abs=8)
    assert inked[0] == pytest.approx(950 - typeface.width("قصبة B12 هوائية", LETTERS, BOLD), abs=8)


@pytest.mark.parametrize("character", list("/()%ABcq·"))
def test_character_that_the_arabic_font_lacks_is_drawn(typeface: Typeface, character: str) -> None:
    missing = draw(typeface, chr(0xE000))
    assert not np.array_equal(draw(typeface, character), missing)
    assert draw(typeface, character).any()


def test_missing_raqm_is_reported_with_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    arabic, latin = find_families("sans")
    monkeypatch.setattr(features, "check", lambda feature: feature != "fribidi")
    with pytest.raises(FontMissing, match="apt install libfribidi0"):
        Typeface(arabic, latin)


def test_missing_font_is_reported_with_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(FontMissing, match="apt install fonts-noto-core"):
        find_families("sans", [tmp_path])


def test_font_of_a_wheel_is_the_last_resort(tmp_path: Path) -> None:
    arabic, latin = find_families("sans", [tmp_path])
    assert (arabic.bold.name, latin.regular.name) == ("DejaVuSans-Bold.ttf", "DejaVuSans.ttf")
    assert Typeface(arabic, latin).width("قلب", LETTERS, BOLD) > LETTERS


def test_installed_font_is_preferred_to_the_last_resort(tmp_path: Path) -> None:
    for family in find_families("sans"):
        for path in (family.regular, family.bold):
            (tmp_path / path.name).symlink_to(path)
    arabic, latin = find_families("sans", [tmp_path])
    assert arabic == Family(tmp_path / "NotoSansArabic-Regular.ttf", tmp_path / "NotoSansArabic-Bold.ttf")
    assert latin.regular == tmp_path / "NotoSans-Regular.ttf"
