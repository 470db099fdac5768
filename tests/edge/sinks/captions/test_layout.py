import pytest

from edge.sinks.captions.layout import (
    ENGLISH_LETTERS,
    LINE_LETTERS,
    STATUS_LETTERS,
    UTTERANCE_LETTERS,
    WORD_LETTERS,
    Box,
    Layout,
    lay_out,
)
from edge.sinks.captions.lines import count_fitting, fit, fit_end, wrap
from edge.sinks.captions.scene import burn_in_shift

SIZES = [(1920, 1080), (1280, 720), (800, 480), (3840, 2160), (1024, 768), (1080, 1920), (320, 320), (2560, 1080)]
SCREEN_MM = 299.0  # height of a 24-inch screen of 16:9


def boxes(layout: Layout) -> list[Box]:
    return [box for box in (layout.status, layout.word, layout.line, layout.preview) if box is not None]


def are_disjoint(one: Box, other: Box) -> bool:
    beside = one.right <= other.left or other.right <= one.left
    return beside or one.bottom <= other.top or other.bottom <= one.top


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_boxes_are_disjoint_and_on_the_screen_even_when_shifted(size: tuple[int, int], preview: bool) -> None:
    layout = lay_out(*size, preview=preview)
    all_boxes = boxes(layout)
    assert len(all_boxes) == 3 + preview
    assert all(are_disjoint(one, other) for index, one in enumerate(all_boxes) for other in all_boxes[:index])
    for minute in range(12):
        x, y = burn_in_shift(60.0 * minute)
        for box in all_boxes:
            shifted = box.shifted((round(x * layout.unit / 1000), round(y * layout.unit / 1000)))
            assert shifted.left >= 0
            assert shifted.top >= 0
            assert shifted.right <= size[0]
            assert shifted.bottom <= size[1]
            assert min(box.width, box.height) > 0


def test_letters_are_legible_from_three_metres_on_a_24_inch_screen() -> None:
    assert min(LINE_LETTERS, ENGLISH_LETTERS, UTTERANCE_LETTERS) * SCREEN_MM >= 3000 / 172  # 20 minutes of arc
    assert WORD_LETTERS * SCREEN_MM >= 3 * 3000 / 172
    assert STATUS_LETTERS * SCREEN_MM >= 1000 / 172  # for those who stand before it


def square_letters_width(text: str) -> float:
    """Return the width if every letter were as wide as high."""
    return float(len(text))


def test_short_word_takes_one_line_at_the_largest_size() -> None:
    fitted = fit("قلب", square_letters_width, (1000.0, 400.0), 100.0)
    assert (fitted.lines, fitted.letters) == (("قلب",), 100.0)


def test_long_word_is_broken_where_that_makes_it_larger() -> None:
    fitted = fit("مرض فقدان المناعة", square_letters_width, (900.0, 400.0), 200.0)
    assert fitted.lines == ("مرض فقدان", "المناعة")
    assert 80.0 < fitted.letters <= 100.0


def test_unbreakable_word_is_made_smaller() -> None:
    fitted = fit("ا" * 40, square_letters_width, (800.0, 400.0), 100.0)
    assert len(fitted.lines) == 1
    assert 19.0 < fitted.letters <= 20.0


@pytest.mark.parametrize("text", ["يقفل ( يغلق )", "شهيق - زفير", "توحد / أوتيزم"])
def test_no_line_begins_or_ends_with_lone_punctuation(text: str) -> None:
    for width in range(200, 1600, 100):
        for line in fit(text, square_letters_width, (float(width), 800.0), 200.0).lines:
            assert line.split()[0] not in (")", "-", "/")
            assert line.split()[-1] != "("


def test_punctuation_alone_and_empty_text_take_one_line() -> None:
    assert fit("(", square_letters_width, (100.0, 100.0), 20.0).lines == ("(",)
    assert fit("", square_letters_width, (100.0, 100.0), 20.0).lines == ("",)


def test_newest_words_that_fit_are_counted() -> None:
    assert count_fitting([50.0, 30.0, 20.0], 200.0, 10.0) == 3
    assert count_fitting([50.0, 30.0, 20.0], 119.0, 10.0) == 2
    assert count_fitting([50.0, 30.0, 20.0], 10.0, 10.0) == 0
    assert count_fitting([], 10.0, 10.0) == 0


def test_further_word_moves_none_before_it() -> None:
    words = ["السلام", "عليكم", "محمد", "ألم", "منذ", "325", "يوم"]
    before: list[str] = []
    for count in range(1, len(words) + 1):
        rows = wrap(" ".join(words[:count]), square_letters_width, 14.0)
        assert " ".join(rows) == " ".join(words[:count])
        assert all(len(row) <= 14 for row in rows)
        assert [after[: len(row)] for row, after in zip(before, rows, strict=False)] == before
        before = rows
    assert len(before) == 3


def test_word_wider_than_the_space_has_a_row_of_its_own() -> None:
    assert wrap("قلب مستشفى قلب", square_letters_width, 4.0) == ["قلب", "مستشفى", "قلب"]
    assert wrap("", square_letters_width, 4.0) == []


def test_end_of_a_line_is_the_last_words_that_fit() -> None:
    assert fit_end("peace be upon you", square_letters_width, 8.0) == "upon you"
    assert fit_end("peace be upon you", square_letters_width, 100.0) == "peace be upon you"
    assert fit_end("hospital", square_letters_width, 3.0) == "hospital"
    assert fit_end("", square_letters_width, 3.0) == ""
