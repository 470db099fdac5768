import importlib.util
import random
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from edge.sinks.captions.bidi import stretches
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
    """A font with Arabic and Latin letters, in which raqm can set a mixed line by itself."""
    found = importlib.util.find_spec("matplotlib")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"


def set_by_raqm(text: str) -> Image.Image:
    """The whole line in one go, which runs right to left."""
    image = Image.new("L", SIZE)
    font = ImageFont.truetype(dejavu(), EM, layout_engine=ImageFont.Layout.RAQM)
    ImageDraw.Draw(image).text(RIGHT_END, text, 255, font, anchor="rs", direction="rtl")
    return image


def set_in_stretches(text: str) -> Image.Image:
    """The line as captions set it, in the same font and size."""
    image = Image.new("RGB", SIZE)
    family = Family(dejavu(), dejavu())
    alif = -ImageFont.truetype(dejavu(), 200).getbbox("ا", anchor="ls")[1] / 200
    drawn = Typeface(family, family)
    drawn.draw(ImageDraw.Draw(image), text, RIGHT_END, EM * alif, Weight.REGULAR, (255, 255, 255))
    return image.convert("L")


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of ink that stands elsewhere; a little blurred, since stretches begin at fractions of pixels."""
    blurred = [np.asarray(image.reduce(4), np.float64) for image in (one, other)]
    return float(np.abs(blurred[0] - blurred[1]).sum() / blurred[0].sum())


@pytest.mark.parametrize("text", MIXED)
def test_a_mixed_line_stands_as_raqm_would_order_it(text: str) -> None:
    assert difference(set_by_raqm(text), set_in_stretches(text)) < 0.25


def test_a_line_in_another_order_is_told_apart() -> None:
    assert difference(set_by_raqm("غرفة 12 الدور 3"), set_in_stretches("غرفة 3 الدور 12")) > 0.25


def test_lines_thrown_together_stand_as_raqm_would_order_them() -> None:
    dice = random.Random(1)
    pieces = [
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
        text = "قلب" + "".join(dice.choice(pieces) for _ in range(dice.randint(2, 8)))
        assert difference(set_by_raqm(text), set_in_stretches(text)) < 0.25, text


def test_arabic_goes_left_and_numbers_go_right() -> None:
    assert [(one.text, one.right_to_left) for one in stretches("غرفة 12 الدور")] == [
        ("غرفة ", True),
        ("12", False),
        (" الدور", True),
    ]


def test_a_number_after_latin_letters_goes_with_them() -> None:
    assert [one.text for one in stretches("فيتامين B 12 مفيد")] == ["فيتامين ", "B 12", " مفيد"]


def test_nothing_has_no_stretches() -> None:
    assert stretches("") == []
