from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as PilImage

from edge.config import SHIPPED_MODEL
from edge.sinks.captions.fonts import find_families
from edge.sinks.captions.layout import lay_out
from edge.sinks.captions.message import State
from edge.sinks.captions.picture import Painter
from edge.sinks.captions.scene import Caption, Scene
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.theme import THEMES
from landmarkers.frame import Image
from models.labels import read_labels
from tests.edge.sinks.captions.scenes import GOLDEN, KEPT, LINE, MIXED, WORD, signer

SIZE = (960, 540)


def test_pictures_are_drawn_in_the_font_that_the_kept_ones_are_drawn_in() -> None:
    assert find_families("sans")[0].regular.name == "NotoSansArabic-Regular.ttf", (
        "on Debian: apt install $(cat deploy/debian-packages-screen.txt)"
    )


@pytest.mark.parametrize("name", KEPT)
def test_a_scene_looks_as_it_did(name: str) -> None:
    kept = np.asarray(PilImage.open(GOLDEN / f"{name}.png").convert("RGB"), np.float64)
    off = np.abs(KEPT[name].drawn() - kept).max(axis=2)
    # Edges may differ by a library's version and colours by the palette; a letter elsewhere is a hundredth of it.
    assert off.mean() < 2.0
    assert (off > 64).mean() < 0.002


def test_another_word_is_another_picture() -> None:
    kept = KEPT["dark"]
    off = np.abs(kept.drawn().astype(np.float64) - replace(kept, scene=Scene(MIXED, LINE, view=signer())).drawn())
    assert (off.max(axis=2) > 64).mean() > 0.01


def test_every_kept_picture_is_looked_at() -> None:
    assert {path.stem for path in GOLDEN.glob("*")} == set(KEPT)


def drawn(painter: Painter) -> Image:
    return np.array(painter.picture)


def test_only_what_has_changed_is_drawn() -> None:
    layout = lay_out(*SIZE, preview=True)
    assert layout.preview is not None
    painter, scene = Painter(CaptionStyle(), SIZE), Scene(WORD, LINE, view=signer())
    assert [(box.width, box.height) for box in painter.paint(scene)] == [SIZE]
    assert painter.paint(scene) == []
    assert painter.paint(replace(scene, view=signer(10))) == [layout.preview]
    assert painter.paint(replace(scene, view=None)) == [layout.preview]
    assert painter.paint(replace(scene, view=None, newest=MIXED)) == [layout.word]
    faded = replace(scene, view=None, newest=replace(MIXED, strength=0.5))
    assert painter.paint(faded) == [layout.word]
    assert painter.paint(replace(faded, state=State(("camera",)))) == [layout.state]


def test_scenes_one_after_another_leave_no_trace() -> None:
    scenes = [
        Scene(MIXED, LINE, State(("camera", "broker")), signer()),
        Scene(identity="entrance"),
        Scene(WORD, LINE[:2], shift=(6, 0)),
        Scene(WORD, LINE[:3], brightness=0.5),
        Scene(WORD, LINE, State(), signer()),
        Scene(),
        Scene(WORD, LINE, State(), signer()),
    ]
    painter = Painter(CaptionStyle(), SIZE)
    for scene in scenes:
        painter.paint(scene)
    fresh = Painter(CaptionStyle(), SIZE)
    fresh.paint(scenes[-1])
    assert np.array_equal(drawn(painter), drawn(fresh))


@pytest.mark.parametrize(
    ("size", "preview", "every"), [((480, 320), "off", 1), ((640, 360), "skeleton", 4), ((320, 480), "skeleton", 4)]
)
def test_no_word_of_the_shipped_model_is_cut_off(size: tuple[int, int], preview: str, every: int) -> None:
    painter, layout = Painter(CaptionStyle(preview=preview), size), lay_out(*size, preview=preview != "off")
    ground = THEMES["dark"].background
    for sign in sorted(read_labels(SHIPPED_MODEL / "labels.json"), key=lambda sign: -len(sign.word))[::every]:
        caption = Caption(sign.word, sign.word_en, sure=True)
        painter.paint(Scene(caption, (caption,)))
        for box in (layout.word, layout.line):
            panel = drawn(painter)[box.top : box.bottom, box.left : box.right]
            assert np.any(panel != ground), sign.word
            panel[1:-1, 1:-1] = ground
            assert np.all(panel == ground), sign.word


def test_a_mirrored_preview_shows_the_right_hand_at_the_right() -> None:
    layout = lay_out(*SIZE, preview=True)
    assert layout.preview is not None
    places = []
    for mirrored in (True, False):
        painter = Painter(CaptionStyle(mirrored=mirrored), SIZE)
        painter.paint(Scene(view=signer()))
        seen = drawn(painter)[layout.preview.top : layout.preview.bottom, : layout.preview.right]
        columns = np.flatnonzero(np.all(seen == THEMES["dark"].left_hand, axis=2).any(axis=0))
        places.append(columns.mean() - (layout.preview.left + layout.preview.right) / 2)
    assert places[0] == pytest.approx(-places[1], abs=2)
    assert abs(places[0]) > 5
