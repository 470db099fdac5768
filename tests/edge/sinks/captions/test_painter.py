import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as PilImage

from edge.config import SHIPPED_MODEL
from edge.sinks.captions.fonts import find_families
from edge.sinks.captions.layout import lay_out
from edge.sinks.captions.message import CaptionsMessage, Identify, ReplyMessage, StatusMessage, TeachingMessage, Text
from edge.sinks.captions.painter import Painter
from edge.sinks.captions.scene import Caption, CaptionState, ReplyText, Scene, scene_at
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.theme import THEMES
from landmarkers.frame import Image
from models.labels import read_labels
from tests.edge.sinks.captions.golden_scenes import (
    GOLDEN,
    GOLDEN_SCENES,
    INVITE,
    MIXED,
    PREVIOUS,
    SIGN_NOW,
    TEACHING,
    WORD,
    signer,
)

SIZE = (960, 540)
WORDS = CaptionStyle(show="words")
UTTERANCES = CaptionStyle(show="utterances")


def test_font_of_the_golden_images_is_installed() -> None:
    assert find_families("sans")[0].regular.name == "NotoSansArabic-Regular.ttf", (
        "on Debian: apt install $(cat deploy/debian-packages-screen.txt)"
    )


@pytest.mark.parametrize("name", GOLDEN_SCENES)
def test_scene_matches_its_golden_image(name: str) -> None:
    golden = np.asarray(PilImage.open(GOLDEN / f"{name}.png").convert("RGB"), np.float64)
    difference = np.abs(GOLDEN_SCENES[name].draw() - golden).max(axis=2)
    # Edges may differ by a library's version and colours by the palette; a letter elsewhere is a hundredth of it.
    assert difference.mean() < 2.0
    assert (difference > 64).mean() < 0.002


def test_another_word_changes_the_image() -> None:
    golden = GOLDEN_SCENES["dark"]
    other = replace(golden, scene=Scene(MIXED, PREVIOUS, view=signer()))
    difference = np.abs(golden.draw().astype(np.float64) - other.draw())
    assert (difference.max(axis=2) > 64).mean() > 0.01


def test_word_of_one_language_is_drawn_once() -> None:
    images = []
    for english in ("", "قهوة", "Coffee"):
        painter = Painter(WORDS, SIZE)
        painter.paint(Scene(Caption("قهوة", english, is_confident=True)))
        images.append(np.asarray(painter.image))
    without, in_one_language, in_two = images
    assert np.array_equal(in_one_language, without)
    assert not np.array_equal(in_two, without)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "قصبة\nهوائية",
        "a\rb\tc\x0b\x0c\x85\u2028\u2029",
        "\0\a\x1b[2J\x7f",
        "a\ud83d",
        "👨\u200d👩\u200d👧🇸🇦",
        "\u200b\u200d\u2060\ufeff",
        "\u202e\u2066abc\u2069 قصبة" * 3,
        "\u202e" * 500,
        "ق" + "\u0610\u0653" * 5000,
        "\U000e0041" * 50,
        "\ue000\U0010ffff\ufffe",
        "(((( ))))" * 1000,
        "( " * 3000,
        "x" * 100_000,
        "قصبة هوائية " * 10_000,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_any_text_is_drawn_within_a_second(text: str) -> None:
    for style in (WORDS, UTTERANCES):
        began, painter = time.process_time(), Painter(style, SIZE)
        state = CaptionState()
        texts = CaptionsMessage((Text(text, text, 0.9, 1.0), Text(text, text, 0.9, 2.0)))
        doubt = TeachingMessage("doubt", (text, text), (1, 3), looks_like=(text, text))
        for message in (texts, doubt, ReplyMessage(text, partial=False, until=9.0), Identify(text, 9.0)):
            state = state.updated(message)
            painter.paint(scene_at(state, style, 2.0, 720))
        assert time.process_time() - began < 1.0


def test_every_golden_image_has_a_scene() -> None:
    assert {path.stem for path in GOLDEN.glob("*")} == set(GOLDEN_SCENES)


def image_of(painter: Painter) -> Image:
    return np.array(painter.image)


def test_only_changed_panels_are_drawn() -> None:
    layout = lay_out(*SIZE, preview=True)
    assert layout.preview is not None
    painter, scene = Painter(WORDS, SIZE), Scene(WORD, PREVIOUS, view=signer())
    assert [(box.width, box.height) for box in painter.paint(scene)] == [SIZE]
    assert painter.paint(scene) == []
    assert painter.paint(replace(scene, view=signer(10))) == [layout.preview]
    assert painter.paint(replace(scene, view=None)) == [layout.preview]
    assert painter.paint(replace(scene, view=None, newest=MIXED)) == [layout.word]
    faded = replace(scene, view=None, newest=replace(MIXED, opacity=0.5))
    assert painter.paint(faded) == [layout.word]
    assert painter.paint(replace(faded, status=StatusMessage(("camera",)))) == [layout.status]
    replied = replace(faded, reply=ReplyText("غرفة", partial=True))
    assert [(box.width, box.height) for box in painter.paint(replied)] == [SIZE]
    reply = lay_out(*SIZE, preview=True, reply=True).reply
    assert painter.paint(replace(replied, reply=ReplyText("غرفة 7"))) == [reply]


def test_countdown_redraws_the_words_alone() -> None:
    layout, painter = lay_out(*SIZE, preview=True), Painter(WORDS, SIZE)
    painter.paint(Scene(WORD, PREVIOUS, teaching=TEACHING))
    for shown in (replace(TEACHING, seconds=2), replace(TEACHING, phase="sign"), None):
        assert painter.paint(Scene(WORD, PREVIOUS, teaching=shown)) == [layout.word, layout.line]


def test_earlier_scenes_leave_no_trace() -> None:
    scenes = [
        Scene(MIXED, PREVIOUS, StatusMessage(("camera", "broker")), signer()),
        Scene(identity="entrance"),
        Scene(WORD, PREVIOUS[:2], shift=(6, 0)),
        Scene(WORD, PREVIOUS[:3], brightness=0.5),
        Scene(WORD, PREVIOUS, reply=ReplyText("غرفة 7")),
        Scene(WORD, PREVIOUS, teaching=SIGN_NOW),
        Scene(WORD, PREVIOUS, StatusMessage(), signer()),
        Scene(),
        Scene(WORD, PREVIOUS, StatusMessage(), signer()),
    ]
    painter = Painter(WORDS, SIZE)
    for scene in scenes:
        painter.paint(scene)
    fresh = Painter(WORDS, SIZE)
    fresh.paint(scenes[-1])
    assert np.array_equal(image_of(painter), image_of(fresh))


@pytest.mark.parametrize(
    ("size", "preview", "every"), [((480, 320), "off", 1), ((640, 360), "skeleton", 4), ((320, 480), "skeleton", 4)]
)
def test_no_word_of_the_shipped_model_is_cut_off(size: tuple[int, int], preview: str, every: int) -> None:
    painter, layout = (
        Painter(CaptionStyle(show="words", preview=preview), size),
        lay_out(*size, preview=preview != "off"),
    )
    background = THEMES["dark"].background
    for sign in sorted(read_labels(SHIPPED_MODEL / "labels.json"), key=lambda sign: -len(sign.word))[::every]:
        caption = Caption(sign.word, sign.word_en, is_confident=True)
        painter.paint(Scene(caption, (caption,)))
        for box in (layout.word, layout.line):
            panel = image_of(painter)[box.top : box.bottom, box.left : box.right]
            assert np.any(panel != background), sign.word
            panel[1:-1, 1:-1] = background
            assert np.all(panel == background), sign.word


def test_mirrored_preview_shows_the_right_hand_at_the_right() -> None:
    layout = lay_out(*SIZE, preview=True)
    assert layout.preview is not None
    offsets = []
    for mirrored in (True, False):
        painter = Painter(CaptionStyle(mirrored=mirrored), SIZE)
        painter.paint(Scene(view=signer()))
        preview = image_of(painter)[layout.preview.top : layout.preview.bottom, : layout.preview.right]
        columns = np.flatnonzero(np.all(preview == THEMES["dark"].left_hand, axis=2).any(axis=0))
        offsets.append(columns.mean() - (layout.preview.left + layout.preview.right) / 2)
    assert offsets[0] == pytest.approx(-offsets[1], abs=2)
    assert abs(offsets[0]) > 5


def test_rectangle_marks_the_signer_in_the_picture_alone() -> None:
    layout = lay_out(*SIZE, preview=True)
    assert layout.preview is not None
    view, lengths = signer(), []
    for one in (view, replace(view, image=bytes(3 * 64 * 48), size=(64, 48))):
        painter = Painter(CaptionStyle(preview="picture"), SIZE)
        painter.paint(Scene(view=one))
        preview = image_of(painter)[layout.preview.top : layout.preview.bottom, : layout.preview.right]
        is_body = np.all(preview == THEMES["dark"].body, axis=2)
        lengths.append(is_body.sum(axis=0).max())  # of the longest vertical line
    skeleton, picture = lengths
    assert picture > 1.5 * skeleton


def test_invitation_is_all_that_is_seen_until_somebody_sets_the_device_up() -> None:
    state = CaptionState(texts=(Text("قلب", "heart", 1.0, 5.0),), invite=replace(INVITE, begins=10.0))
    assert scene_at(state, UTTERANCES, 9.0, 720).invitation is None
    scene = scene_at(state, UTTERANCES, 10.0, 720)
    painter = Painter(UTTERANCES, SIZE)
    painter.paint(scene)
    alone = Painter(UTTERANCES, SIZE)
    alone.paint(Scene(invitation=scene.invitation))
    assert painter.image == alone.image


def test_qr_code_of_the_invitation_is_read_back_as_the_link_with_the_code() -> None:
    import cv2

    for name in ("invitation", "upright-invitation"):
        found, _, _ = cv2.QRCodeDetector().detectAndDecode(GOLDEN_SCENES[name].draw())
        assert found == INVITE.link
