import re
import xml.etree.ElementTree as ET

from matplotlib.figure import Figure

from tests.trainer.pages import see_that_it_stands_alone
from trainer.reports import html as report
from trainer.reports.html import arabic, bar, joined, matrix, page, percent, picture, table, text


def figure() -> Figure:
    drawn = report.figure(2, 2)
    (plot,) = report.axes(drawn)
    plot.plot([0, 1], [0, 1], color=report.BLUE)
    return drawn


def test_text_is_shown_as_it_is_whatever_it_holds() -> None:
    written = page("<b>title</b>", {"a & b": [text("1 < 2"), table(["<head>"], [["<cell>"]])]})
    for shown in ("&lt;b&gt;title", "a &amp; b", "1 &lt; 2", "&lt;head&gt;", "&lt;cell&gt;"):
        assert shown in written


def test_nothing_comes_from_the_network() -> None:
    written = page("report", {"section": [picture(figure(), "a line"), bar(0.5, 0.4, 0.6)]})
    see_that_it_stands_alone(written)


def test_the_same_figure_is_the_same_bytes() -> None:
    assert picture(figure(), "a line") == picture(figure(), "a line")


def test_a_figure_takes_the_pages_colours_and_leaves_the_page_its_own_style() -> None:
    drawn = picture(figure(), "a line")
    assert "stroke: var(--blue)" in drawn
    assert "#0" not in drawn
    assert "<style" not in drawn


def test_many_sections_are_listed_and_each_is_there() -> None:
    written = page("report", {name: [text(name)] for name in ("How sure & right", "b", "c", "d", "e")})
    for anchor in re.findall('href="#([^"]*)"', written):
        assert f'<section id="{anchor}">' in written
    assert written.count("href=") == 5


def test_arabic_keeps_its_direction_inside_a_table() -> None:
    assert '<td><bdi lang="ar" dir="rtl">قصبة هوائية</bdi></td>' in table(["word"], [[arabic("قصبة هوائية")]])


def test_a_bar_is_as_long_as_its_share_and_carries_its_interval() -> None:
    drawn = ET.fromstring(bar(0.5, 0.25, 0.75))
    whole, filled, interval = drawn
    assert float(filled.get("width", 0)) / float(whole.get("width", 0)) == 0.5
    assert interval.get("d", "").startswith("M40.0 7H120.0")
    assert drawn.get("aria-label") == "50.0 %, 25.0 % to 75.0 %"


def test_shares_are_told_in_percent() -> None:
    assert percent(0.9432) == "94.3 %"


def test_a_matrix_shades_shares_of_a_row_and_tells_right_from_wrong() -> None:
    drawn = ET.fromstring(matrix(["71", "72"], ["71", "73"], [[3, 1], [0, 2]]))
    fields = [[(field.text, field.get("style", "")) for field in row.findall("td")] for row in drawn.iter("tr")][1:]
    assert [[text for text, _ in row] for row in fields] == [["3", "1"], [None, "2"]]
    right, wrong, worst = fields[0][0][1], fields[0][1][1], fields[1][1][1]
    assert "34, 98, 125, 0.79" in right
    assert "190, 82, 30, 0.36" in wrong
    assert "190, 82, 30, 1.00" in worst


def test_pieces_are_joined_with_only_the_text_escaped() -> None:
    assert joined("1 < 2 ", arabic("و")) == '1 &lt; 2 <bdi lang="ar" dir="rtl">و</bdi>'
