"""`ishara-edge captions`: one picture of captions without a screen, to try a look before a device is hung up."""

import argparse
from typing import Final

import numpy as np

from edge.config import CaptionsConfig
from edge.sinks.captions.arguments import PictureImpossible
from edge.sinks.captions.message import Said, State, View
from edge.sinks.captions.picture import Painter
from edge.sinks.captions.scene import Heard, scene_at
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.view import view_of
from landmarkers.frame import Frame
from landmarkers.take import Take

_NOON: Final = 12 * 60
_NOW: Final = 0.0


def write_picture(options: argparse.Namespace, config: CaptionsConfig) -> None:
    """Draw and write the picture. Raises PictureImpossible, TakeDamaged, LettersMissing."""
    chosen = {name: getattr(options, name) for name in ("theme", "typeface", "english")}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    # Without a take there is nothing to see in a preview.
    preview = {} if options.take else {"preview": "off"}
    look = CaptionStyle.from_options(config.model_dump() | chosen | preview)
    *before, newest = (_said(word) for word in options.words)
    newest = Said(newest.word, newest.english, options.confidence, _NOW)
    view = _view(Take.load(options.take)) if options.take else None
    heard = Heard((*before, newest), State(tuple(options.lost), options.paused), view)
    painter = Painter(look, options.size)
    painter.paint(scene_at(heard, look, _NOW, _NOON))
    try:
        painter.picture.save(options.png, format="PNG", optimize=True)
    except OSError as error:
        raise PictureImpossible(f"the picture {options.png} cannot be written: {error.strerror or error}") from error


def _view(take: Take) -> View:
    """The signer in the middle of a take, where the hands are up."""
    nothing = np.zeros((0, 0, 3), np.uint8)
    return view_of(Frame(nothing, 0.0), take.landmarks()[len(take) // 2], _NOW, with_picture=False)


def _said(word: str) -> Said:
    arabic, _, english = word.partition("=")
    return Said(arabic, english, 1.0, _NOW)
