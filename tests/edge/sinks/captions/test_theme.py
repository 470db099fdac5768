import pytest

from edge.sinks.captions.theme import THEMES, contrast, mixed

LARGE, SMALL, HIGHEST = 3.0, 4.5, 7.0
"""WCAG 2.2: contrast of large text and of drawings, of other text, and at its highest level (AAA)."""


def test_contrast_is_computed_as_by_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
def test_all_text_is_legible(name: str) -> None:
    theme = THEMES[name]
    assert contrast(theme.text, theme.background) >= HIGHEST
    assert min(contrast(colour, theme.background) for colour in (theme.unsure, theme.quiet, theme.alarm)) >= SMALL
    assert contrast(theme.faint, theme.background) >= LARGE
    assert contrast(theme.reply_text, theme.reply) >= HIGHEST


@pytest.mark.parametrize("name", THEMES)
def test_skeleton_stands_out(name: str) -> None:
    theme = THEMES[name]
    hands = (theme.left_hand, theme.right_hand)
    assert min(contrast(colour, theme.panel) for colour in hands) >= LARGE
    assert contrast(theme.body, theme.panel) >= 2.5  # it matters less than the hands, which must stand out from it


def test_contrast_theme_has_the_highest_level_throughout() -> None:
    theme = THEMES["contrast"]
    colours = (theme.text, theme.unsure, theme.quiet, theme.alarm, theme.faint)
    assert min(contrast(colour, theme.background) for colour in colours) >= HIGHEST


@pytest.mark.parametrize("name", THEMES)
def test_words_are_legible_at_night(name: str) -> None:
    theme = THEMES[name].dimmed(0.5)
    assert contrast(theme.reply_text, theme.reply) >= LARGE
    assert min(contrast(colour, theme.background) for colour in (theme.text, theme.quiet, theme.unsure)) >= LARGE
    assert sum(theme.text + theme.background) < 0.55 * sum(THEMES[name].text + THEMES[name].background)


def test_colour_fades_into_its_background() -> None:
    assert mixed((0, 0, 0), (200, 100, 50), 1.0) == (200, 100, 50)
    assert mixed((0, 0, 0), (200, 100, 50), 0.5) == (100, 50, 25)
    assert mixed((10, 20, 30), (200, 100, 50), 0.0) == (10, 20, 30)
