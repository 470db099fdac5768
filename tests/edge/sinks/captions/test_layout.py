import pytest

from edge.sinks.captions.layout import ENGLISH_LETTERS, LINE_LETTERS, STATE_LETTERS, WORD_LETTERS, Box, Layout, lay_out
from edge.sinks.captions.lines import fit, newest_that_fit
from edge.sinks.captions.scene import shift

SIZES = [(1920, 1080), (1280, 720), (800, 480), (3840, 2160), (1024, 768), (1080, 1920), (320, 320), (2560, 1080)]
SCREEN_MM = 299.0  # height of a 24-inch screen of 16:9


def boxes(layout: Layout) -> list[Box]:
    return [box for box in (layout.state, layout.word, layout.line, layout.preview) if box is not None]


def apart(one: Box, other: Box) -> bool:
    beside = one.right <= other.left or other.right <= one.left
    return beside or one.bottom <= other.top or other.bottom <= one.top


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_covers_anything_or_leaves_the_screen_even_when_moved(size: tuple[int, int], preview: bool) -> None:
    layout = lay_out(*size, preview=preview)
    found = boxes(layout)
    assert len(found) == 3 + preview
    assert all(apart(one, other) for place, one in enumerate(found) for other in found[:place])
    for minute in range(12):
        x, y = shift(60.0 * minute)
        for box in found:
            moved = box.moved((round(x * layout.unit / 1000), round(y * layout.unit / 1000)))
            assert moved.left >= 0
            assert moved.top >= 0
            assert moved.right <= size[0]
            assert moved.bottom <= size[1]
            assert min(box.width, box.height) > 0


def test_letters_can_be_read_from_three_metres_on_a_24_inch_screen() -> None:
    assert min(LINE_LETTERS, ENGLISH_LETTERS) * SCREEN_MM >= 3000 / 172  # 20 minutes of arc
    assert WORD_LETTERS * SCREEN_MM >= 3 * 3000 / 172
    assert STATE_LETTERS * SCREEN_MM >= 1000 / 172  # for those who stand before it


def letters_wide(text: str) -> float:
    """As if every letter were as wide as high."""
    return float(len(text))


def test_a_short_word_stands_on_one_line_and_is_no_larger_than_allowed() -> None:
    setting = fit("قلب", letters_wide, (1000.0, 400.0), 100.0)
    assert (setting.lines, setting.letters) == (("قلب",), 100.0)


def test_a_long_one_is_broken_where_that_makes_it_larger() -> None:
    setting = fit("مرض فقدان المناعة", letters_wide, (900.0, 400.0), 200.0)
    assert setting.lines == ("مرض فقدان", "المناعة")
    assert 80.0 < setting.letters <= 100.0


def test_a_word_that_cannot_be_broken_is_made_smaller() -> None:
    setting = fit("ا" * 40, letters_wide, (800.0, 400.0), 100.0)
    assert len(setting.lines) == 1
    assert 19.0 < setting.letters <= 20.0


@pytest.mark.parametrize("text", ["يقفل ( يغلق )", "شهيق - زفير", "توحد / أوتيزم"])
def test_no_line_begins_or_ends_with_a_lonely_sign(text: str) -> None:
    for width in range(200, 1600, 100):
        for line in fit(text, letters_wide, (float(width), 800.0), 200.0).lines:
            assert line.split()[0] not in (")", "-", "/")
            assert line.split()[-1] != "("


def test_signs_alone_and_nothing_are_set_all_the_same() -> None:
    assert fit("(", letters_wide, (100.0, 100.0), 20.0).lines == ("(",)
    assert fit("", letters_wide, (100.0, 100.0), 20.0).lines == ("",)


def test_the_line_keeps_the_newest_words_that_fit() -> None:
    assert newest_that_fit([50.0, 30.0, 20.0], 200.0, 10.0) == 3
    assert newest_that_fit([50.0, 30.0, 20.0], 119.0, 10.0) == 2
    assert newest_that_fit([50.0, 30.0, 20.0], 10.0, 10.0) == 0
    assert newest_that_fit([], 10.0, 10.0) == 0
