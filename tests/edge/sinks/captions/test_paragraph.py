from edge.sinks.captions.layout import REPLY_LEADING
from edge.sinks.captions.paragraph import Line, fit_paragraph


def width_of(line: Line) -> float:
    """Return the width of letters that are all as wide as they are high."""
    return float(sum(len(run.text) for run in line))


def lines_of(text: str, characters: float, lines: int) -> list[list[str]]:
    """Return the runs of each line, the first furthest right, where so many characters of 10 pixels have room."""
    paragraph = fit_paragraph(text, width_of, (10.5 * characters, REPLY_LEADING * 10 * lines), 10)
    assert paragraph.letters == 10
    return [[run.text for run in line] for line in paragraph.lines]


def test_lines_are_full_and_nothing_is_lost() -> None:
    assert lines_of("أهلا بك في العيادة", 8, 3) == [["أهلا بك"], ["في"], ["العيادة"]]


def test_number_at_the_start_of_a_line_stays_with_the_words_before_it() -> None:
    """Taken by itself "7 in" would be read from right to left in an Arabic text: the 7 last."""
    assert lines_of("غرفة Room 7 in قلب", 9, 3) == [["غرفة ", "Room"], ["7 in", " قلب"]]


def test_english_text_begins_at_the_left() -> None:
    paragraph = fit_paragraph("Please wait, Dr. قلب", width_of, (500, 100), 10)
    assert not paragraph.right_to_left
    assert [run.text for run in paragraph.lines[0]] == ["قلب", "Please wait, Dr. "]


def test_letters_are_as_large_as_fits() -> None:
    sizes = [fit_paragraph("كلمة " * count, width_of, (400, 200), 60).letters for count in (1, 5, 20, 100)]
    assert sizes[0] == 60
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] >= 8


def test_word_that_is_wider_than_a_line_is_broken() -> None:
    paragraph = fit_paragraph("a" * 500, width_of, (400, 300), 60)
    assert "".join(line[0].text for line in paragraph.lines) == "a" * 500
    assert max(width_of(line) for line in paragraph.lines) * paragraph.letters <= 400


def test_empty_text_has_no_lines() -> None:
    assert fit_paragraph("", width_of, (400, 300), 60).lines == ()
