"""`ishara-edge captions`: draws captions into an image file, to try a style before a device is installed."""

import argparse
from typing import Final

import numpy as np

from edge.config import CaptionsConfig
from edge.sinks.captions.arguments import ImageNotWritable
from edge.sinks.captions.message import StatusMessage, Text, View
from edge.sinks.captions.painter import Painter
from edge.sinks.captions.scene import CaptionState, scene_at
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.view import view_of
from landmarkers.frame import Frame
from landmarkers.plain_text import one_line
from landmarkers.take import Take

_NOON: Final = 12 * 60
_NOW: Final = 0.0


def write_image(options: argparse.Namespace, config: CaptionsConfig) -> None:
    """Draw and write the image. Raises ImageNotWritable, TakeDamaged, FontMissing."""
    chosen = {name: getattr(options, name) for name in ("show", "theme", "typeface", "text_size", "english")}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    # Without a take there is nothing to see in a preview.
    preview = {} if options.take else {"preview": "off"}
    style = CaptionStyle.from_options(config.model_dump() | chosen | preview)
    *before, newest = (_parse_word(word) for word in options.words)
    texts = (*before, newest._replace(confidence=options.confidence))
    if style.show == "utterances":
        texts = (Text(" ".join(one.arabic for one in texts), " ".join(one.english for one in texts), 1.0, _NOW),)
    view = _load_view(Take.load(options.take)) if options.take else None
    state = CaptionState(texts, StatusMessage(tuple(options.lost), options.paused, options.obstacle), view)
    painter = Painter(style, options.size)
    painter.paint(scene_at(state, style, _NOW, _NOON))
    try:
        painter.image.save(options.png, format="PNG", optimize=True)
    except OSError as error:
        reason = error.strerror or error
        raise ImageNotWritable(
            f"the image {options.png} cannot be written: {reason}; give --png a file in a writable folder"
        ) from error


def _load_view(take: Take) -> View:
    """Return the signer in the middle of a take, where the hands are up."""
    no_image = np.zeros((0, 0, 3), np.uint8)
    return view_of(Frame(no_image, 0.0), take.landmarks()[len(take) // 2], _NOW, with_image=False)


def _parse_word(text: str) -> Text:
    arabic, _, english = text.partition("=")
    return Text(one_line(arabic), one_line(english), 1.0, _NOW)
