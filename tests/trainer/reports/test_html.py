import re
import xml.etree.ElementTree as ET

from matplotlib.figure import Figure

from tests.trainer.pages import assert_self_contained
from trainer.reports import plots
from trainer.reports.formatting import percent
from trainer.reports.html import arabic, interval_bar, join, matrix, page, paragraph, table
from trainer.reports.plots import to_svg


def figure() -> Figure:
    drawn = plots.figure(2, 2)
    (plot,) = plots.axes(drawn)
    plot.plot([0, 1], [0, 1], color=plots.BLUE)
    return drawn


def test_text_is_escaped() -> None:
    written = page("<b>title</b>", {"a & b": [paragraph("1 < 2"), table(["<head>"], [["<cell>"]])]})
    for shown in ("&lt;b&gt;title", "a &amp; b", "1 &lt; 2", "&lt;head&gt;", "&lt;cell&gt;"):
        assert shown in written


def test_page_is_self_contained() -> None:
    written = page("report", {"section": [to_svg(figure(), "a line"), interval_bar(0.5, 0.4, 0.6)]})
    assert_self_contained(written)


def test_same_figure_is_the_same_bytes() -> None:
    assert to_svg(figure(), "a line") == to_svg(figure(), "a line")


def test_figure_uses_the_pages_colours_and_has_no_style_of_its_own() -> None:
    drawn = to_svg(figure(), "a line")
    assert "stroke: var(--blue)" in drawn
    assert "#0" not in drawn
    assert "<style" not in drawn


def test_many_sections_are_listed_with_links_to_each() -> None:
    written = page("report", {name: [paragraph(name)] for name in ("Calibration & more", "b", "c", "d", "e")})
    for anchor in re.findall('href="#([^"]*)"', written):
        assert f'<section id="{anchor}">' in written
    assert written.count("href=") == 5


def test_arabic_keeps_its_direction_inside_a_table() -> None:
    assert '<td><bdi lang="ar" dir="rtl">قصبة هوائية</bdi></td>' in table(["word"], [[arabic("قصبة هوائية")]])


def test_bar_is_as_long_as_its_fraction_and_shows_its_interval() -> None:
    drawn = ET.fromstring(interval_bar(0.5, 0.25, 0.75))
    whole, filled, interval = drawn
    assert float(filled.get("width", 0)) / float(whole.get("width", 0)) == 0.5
    assert interval.get("d", "").startswith("M40.0 7H120.0")
    assert drawn.get("aria-label") == "50.0 %, 25.0 % to 75.0 %"


def test_fractions_are_formatted_in_percent() -> None:
    assert percent(0.9432) == "94.3 %"


def test_matrix_shades_fractions_of_a_row_and_colours_correct_and_wrong() -> None:
    drawn = ET.fromstring(matrix(["71", "72"], ["71", "73"], [[3, 1], [0, 2]]))
    fields = [[(field.text, field.get("style", "")) for field in row.findall("td")] for row in drawn.iter("tr")][1:]
    assert [[text for text, _ in row] for row in fields] == [["3", "1"], [None, "2"]]
    right, wrong, worst = fields[0][0][1], fields[0][1][1], fields[1][1][1]
    assert "34, 98, 125, 0.79" in right
    assert "190, 82, 30, 0.36" in wrong
    assert "190, 82, 30, 1.00" in worst


def test_join_escapes_only_text() -> None:
    assert join("1 < 2 ", arabic("و")) == '1 &lt; 2 <bdi lang="ar" dir="rtl">و</bdi>'
