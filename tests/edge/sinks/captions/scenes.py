"""Scenes whose pictures are kept. `python -m tests.edge.sinks.captions.scenes` draws them anew; look at each then.

They are drawn in Noto of Debian (fonts-noto-core 20201225) by the FreeType, HarfBuzz and raqm inside Pillow's wheel.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge.demo.__main__ import TAKES
from edge.sinks.captions.message import State, View
from edge.sinks.captions.picture import Painter
from edge.sinks.captions.scene import Caption, Scene
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.view import view_of
from landmarkers.frame import Frame, Image
from landmarkers.take import Take

GOLDEN: Final = Path(__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class Kept:
    """A scene, its look and its size."""

    look: CaptionStyle
    scene: Scene
    size: tuple[int, int]

    def drawn(self) -> Image:
        """Its picture now."""
        painter = Painter(self.look, self.size)
        painter.paint(self.scene)
        return np.asarray(painter.picture)


def signer(number: int = 9) -> View:
    """A signer with both hands up, from a take that the demo ships."""
    take = Take.load(TAKES / "2-sign-0071-signer-02.take.npz")
    nothing = np.zeros((0, 0, 3), np.uint8)
    return view_of(Frame(nothing, 0.0), take.landmarks()[number], 0.0, with_picture=False)


WORD: Final = Caption("قصبة هوائية", "Trachea", sure=True)
LONG: Final = Caption("مرض فقدان المناعة / الإيدز", "Aids", sure=False)
MIXED: Final = Caption("فيتامين B12 (10)", "vitamin B12", sure=True)
LINE: Final = (
    Caption("شهيق - زفير", "Ins and Outs", sure=True),
    Caption("هيكل عظمي", "Skeleton", sure=False),
    Caption("12", "12", sure=True, strength=0.5),
    Caption("قلب", "heart", sure=True),
)

KEPT: Final = {
    "dark": Kept(CaptionStyle(), Scene(WORD, LINE, view=signer()), (960, 540)),
    "light": Kept(CaptionStyle(theme="light"), Scene(WORD, LINE, State(("camera",)), signer()), (960, 540)),
    "contrast": Kept(CaptionStyle(theme="contrast"), Scene(MIXED, LINE, State(paused=True), signer()), (960, 540)),
    "long": Kept(CaptionStyle(), Scene(LONG, LINE, State(("camera", "broker"), paused=True), signer()), (800, 480)),
    "no-preview": Kept(CaptionStyle(preview="off", english=False), Scene(LONG, LINE, State(("broker",))), (800, 480)),
    "night": Kept(CaptionStyle(preview="off", typeface="naskh"), Scene(WORD, LINE, brightness=0.5), (800, 480)),
    "ready": Kept(CaptionStyle(), Scene(), (800, 480)),
    "identity": Kept(CaptionStyle(), Scene(identity="entrance-2"), (800, 480)),
    "upright": Kept(CaptionStyle(), Scene(WORD, LINE, view=signer(), shift=(6, 0)), (480, 800)),
}


def main() -> None:
    """Draw all of them."""
    for name, kept in KEPT.items():
        painter = Painter(kept.look, kept.size)
        painter.paint(kept.scene)
        painter.picture.quantize(64).save(GOLDEN / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
