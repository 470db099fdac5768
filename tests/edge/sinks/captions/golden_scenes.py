"""Scenes with golden images. `python -m tests.edge.sinks.captions.golden_scenes` redraws them; look at each then.

They are drawn in Noto of Debian (fonts-noto-core 20201225) by the FreeType, HarfBuzz and raqm inside Pillow's wheel.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from edge.demo.tour import TAKES
from edge.sinks.captions.message import Invite, StatusMessage, TeachingMessage, View
from edge.sinks.captions.painter import Painter
from edge.sinks.captions.scene import Caption, ReplyText, Scene
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.view import view_of
from landmarkers.frame import Frame, Image
from landmarkers.take import Take

GOLDEN: Final = Path(__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class GoldenScene:
    """A scene, its style and its size (width, height)."""

    style: CaptionStyle
    scene: Scene
    size: tuple[int, int]

    def draw(self) -> Image:
        """Return the image that is drawn now."""
        painter = Painter(self.style, self.size)
        painter.paint(self.scene)
        return np.asarray(painter.image)


def signer(frame: int = 9) -> View:
    """Return a signer with both hands up, from a take that the demo ships."""
    take = Take.load(TAKES / "2-sign-0071-signer-02.take.npz")
    no_image = np.zeros((0, 0, 3), np.uint8)
    return view_of(Frame(no_image, 0.0), take.landmarks()[frame], 0.0, with_image=False)


WORDS: Final = CaptionStyle(show="words")
UTTERANCES: Final = CaptionStyle(show="utterances")
WORD: Final = Caption("قصبة هوائية", "Trachea", is_confident=True)
LONG: Final = Caption("مرض فقدان المناعة / الإيدز", "Aids", is_confident=False)
MIXED: Final = Caption("فيتامين B12 (10)", "vitamin B12", is_confident=True)
LINE: Final = Caption("السلام عليكم محمد ألم منذ 325 يوم", "Peace be upon you Pain Since 325 Day", is_confident=True)
LONG_LINE: Final = Caption(f"{LINE.word} {LINE.word} {LINE.word}", "3 Days Pain", is_confident=True)
PREVIOUS: Final = (
    Caption("شهيق - زفير", "Ins and Outs", is_confident=True),
    Caption("هيكل عظمي", "Skeleton", is_confident=False),
    Caption("12", "12", is_confident=True, opacity=0.5),
    Caption("قلب", "heart", is_confident=True),
)

MIXED_REPLY: Final = ReplyText("موعدك مع Dr. Hassan في Room 7 in Building B الساعة 10:30 (الدور 3)، رقم AB-12.")
ENGLISH_REPLY: Final = ReplyText("Please wait 10 minutes. Bring your card (رقم 12) to", partial=True)

NO_CAMERA: Final = StatusMessage(("camera",))
NO_BROKER: Final = StatusMessage(("broker",))
PAUSED: Final = StatusMessage(paused=True)
KEEPING: Final = StatusMessage(obstacle="too far", keeping=True)
SESSION: Final = StatusMessage(keeping=True)
TOO_FAR: Final = StatusMessage(obstacle="too far")
ALL_FAULTS: Final = StatusMessage(("camera", "broker"), paused=True)

TEACHING: Final = TeachingMessage("countdown", ("قهوة", "Coffee"), (2, 3), seconds=3)
SIGN_NOW: Final = replace(TEACHING, phase="sign", seconds=0)
TOO_SHORT: Final = replace(TEACHING, phase="rest", seconds=0, fault="too short")
DOUBT: Final = replace(TEACHING, phase="doubt", seconds=0, looks_like=("قصبة هوائية", "Trachea"))

INVITE: Final = Invite(
    ("https://192.0.2.57:8300/setup", "https://ishara.local:8300/setup"),
    "https://192.0.2.57:8300/setup#code=K7QM3FXP9",
    "K7Q-M3F-XP9",
    ":".join(f"{(37 * number + 11) % 256:02X}" for number in range(32)),
    0.0,
)

LARGE: Final = (960, 540)
SMALL: Final = (800, 480)

GOLDEN_SCENES: Final = {
    "dark": GoldenScene(WORDS, Scene(WORD, PREVIOUS, view=signer()), LARGE),
    "light": GoldenScene(CaptionStyle(show="words", theme="light"), Scene(WORD, PREVIOUS, NO_CAMERA, signer()), LARGE),
    "contrast": GoldenScene(
        CaptionStyle(show="words", theme="contrast"), Scene(MIXED, PREVIOUS, PAUSED, signer()), LARGE
    ),
    "long": GoldenScene(WORDS, Scene(LONG, PREVIOUS, ALL_FAULTS, signer()), SMALL),
    "no-preview": GoldenScene(
        CaptionStyle(show="words", preview="off", english=False), Scene(LONG, PREVIOUS, NO_BROKER), SMALL
    ),
    "night": GoldenScene(
        CaptionStyle(show="words", preview="off", typeface="naskh"), Scene(WORD, PREVIOUS, brightness=0.5), SMALL
    ),
    "ready": GoldenScene(WORDS, Scene(), SMALL),
    "too-far": GoldenScene(WORDS, Scene(WORD, PREVIOUS, TOO_FAR, signer()), SMALL),
    "keeping": GoldenScene(UTTERANCES, Scene(LINE, (WORD,), KEEPING, signer()), LARGE),
    "identity": GoldenScene(WORDS, Scene(identity="entrance-2"), SMALL),
    "utterance": GoldenScene(UTTERANCES, Scene(LINE, (WORD, LONG_LINE), view=signer()), LARGE),
    "long-utterance": GoldenScene(CaptionStyle(show="utterances", theme="light"), Scene(LONG_LINE, (LINE,)), SMALL),
    "reply": GoldenScene(UTTERANCES, Scene(LINE, (WORD,), view=signer(), reply=MIXED_REPLY), LARGE),
    "partial-reply": GoldenScene(
        CaptionStyle(show="words", theme="light"), Scene(WORD, PREVIOUS, reply=ENGLISH_REPLY), SMALL
    ),
    "upright-reply": GoldenScene(
        CaptionStyle(show="words", theme="contrast"),
        Scene(WORD, PREVIOUS, view=signer(), reply=MIXED_REPLY),
        (480, 800),
    ),
    "teaching": GoldenScene(UTTERANCES, Scene(status=SESSION, view=signer(), teaching=TEACHING), LARGE),
    "teaching-sign": GoldenScene(
        CaptionStyle(show="words", theme="light"), Scene(status=SESSION, view=signer(), teaching=SIGN_NOW), LARGE
    ),
    "teaching-fault": GoldenScene(WORDS, Scene(WORD, PREVIOUS, SESSION, signer(), teaching=TOO_SHORT), SMALL),
    "teaching-doubt": GoldenScene(
        CaptionStyle(show="words", theme="contrast"), Scene(status=SESSION, view=signer(), teaching=DOUBT), (480, 800)
    ),
    "large-text": GoldenScene(
        CaptionStyle(show="utterances", text_size=1.25), Scene(LINE, (WORD,), view=signer()), LARGE
    ),
    "invitation": GoldenScene(UTTERANCES, Scene(invitation=INVITE), LARGE),
    "upright-invitation": GoldenScene(CaptionStyle(theme="light"), Scene(invitation=INVITE), (480, 800)),
    "upright": GoldenScene(WORDS, Scene(WORD, PREVIOUS, view=signer(), shift=(6, 0)), (480, 800)),
}


def main() -> None:
    """Redraw all golden images."""
    for name, golden in GOLDEN_SCENES.items():
        painter = Painter(golden.style, golden.size)
        painter.paint(golden.scene)
        painter.image.quantize(64).save(GOLDEN / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
