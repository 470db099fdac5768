import importlib.util
import random
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from edge.sinks.captions.bidi import find_levels, is_right_to_left, order_runs, split_by_direction
from edge.sinks.captions.fonts import Family
from edge.sinks.captions.text import Typeface, Weight

SIZE: Final = (1400, 120)
EM: Final = 48
RIGHT_END: Final = (1380, 80)

MIXED: Final = [
    "قصبة هوائية",
    "غرفة 12 الدور 3",
    "من 10 إلى 20",
    "رقم 12-34 هنا",
    "١٢ كلمة 34",
    "السعر 12.50 دينار",
    "يقفل ( يغلق )",
    "مرض (AIDS) خطير",
    "ABC (DEF) كلمة",
    "فيتامين B12 مفيد",
    "شهيق - زفير",
    "B12 و C3: نعم!",
    "12 / 34",
    "نسبة 50% فقط",
    "entrance-2",
    "[قلب] {heart} (1)",
]


def dejavu() -> Path:
    """Return a font with Arabic and Latin letters, in which raqm can set a mixed line by itself."""
    package = importlib.util.find_spec("matplotlib")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"


def draw_by_raqm(text: str, direction: str = "rtl") -> Image.Image:
    """Draw the whole line at once."""
    image = Image.new("L", SIZE)
    font = ImageFont.truetype(dejavu(), EM, layout_engine=ImageFont.Layout.RAQM)
    ImageDraw.Draw(image).text(RIGHT_END, text, 255, font, anchor="rs", direction=direction)
    return image


def draw_in_runs(text: str, *, right_to_left: bool = True) -> Image.Image:
    """Draw the line as captions do, in the same font and size."""
    image = Image.new("RGB", SIZE)
    family = Family(dejavu(), dejavu())
    alif = -ImageFont.truetype(dejavu(), 200).getbbox("ا", anchor="ls")[1] / 200
    typeface = Typeface(family, family)
    runs = order_runs(text, find_levels(text, right_to_left=right_to_left))
    typeface.draw_runs(ImageDraw.Draw(image), runs, RIGHT_END, EM * alif, Weight.REGULAR, (255, 255, 255))
    return image.convert("L")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return the share of ink in other places; a little blurred, since runs begin at fractions of pixels."""
    blurred = [np.asarray(image.reduce(4), np.float64) for image in (one, other)]
    return float(np.abs(blurred[0] - blurred[1]).sum() / blurred[0].sum())


@pytest.mark.parametrize("text", MIXED)
def test_mixed_line_is_ordered_as_by_raqm(text: str) -> None:
    assert difference(draw_by_raqm(text), draw_in_runs(text)) < 0.25


@pytest.mark.parametrize("text", ["Room 7 قلب 12 يد, then B", "Card (رقم 12) here.", "10 من 20 in all!", *MIXED])
def test_mixed_line_from_left_to_right_is_ordered_as_by_raqm(text: str) -> None:
    assert difference(draw_by_raqm(text, "ltr"), draw_in_runs(text, right_to_left=False)) < 0.25


@pytest.mark.parametrize(
    ("text", "expected"), [("قلب heart", True), ("7: heart قلب", False), ("12", True), ("", True), ("«B»", False)]
)
def test_first_letter_gives_the_direction(text: str, expected: bool) -> None:
    assert is_right_to_left(text) is expected


def test_line_in_another_order_is_noticed() -> None:
    assert difference(draw_by_raqm("غرفة 12 الدور 3"), draw_in_runs("غرفة 3 الدور 12")) > 0.25


def test_random_mixed_lines_are_ordered_as_by_raqm() -> None:
    generator = random.Random(1)
    parts = [
        "قلب",
        "كلمة",
        "abc",
        "X",
        "12",
        "3",
        "٤٥",
        " ",
        " ",
        "(",
        ")",
        "[",
        "]",
        "-",
        "/",
        ".",
        "،",
        "%",
        ":",
        "+",
    ]
    for _ in range(100):
        text = "قلب" + "".join(generator.choice(parts) for _ in range(generator.randint(2, 8)))
        assert difference(draw_by_raqm(text), draw_in_runs(text)) < 0.25, text


def test_arabic_runs_are_right_to_left_and_numbers_left_to_right() -> None:
    assert [(run.text, run.right_to_left) for run in split_by_direction("غرفة 12 الدور")] == [
        ("غرفة ", True),
        ("12", False),
        (" الدور", True),
    ]


def test_number_after_latin_letters_joins_their_run() -> None:
    assert [run.text for run in split_by_direction("فيتامين B 12 مفيد")] == ["فيتامين ", "B 12", " مفيد"]


def test_empty_line_has_no_runs() -> None:
    assert split_by_direction("") == []


def test_debug_output_of_the_library_is_not_confused_by_the_text() -> None:
    text = 'قلب\n    levels: [Level(1)]"'
    assert "".join(run.text for run in split_by_direction(text)) == text
