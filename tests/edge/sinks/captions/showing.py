"""Waiting for what the virtual screen shows."""

import time
from dataclasses import replace
from typing import Final

import numpy as np

from edge.config import CaptionsConfig
from edge.sinks.captions.layout import Box, lay_out
from edge.sinks.captions.painter import Painter
from edge.sinks.captions.scene import Scene, burn_in_shift
from edge.sinks.captions.style import CaptionStyle
from tests.edge.sinks.captions.xvfb import HEIGHT, WIDTH, Xvfb
from tests.edge.waiting import wait_until

SIZE: Final = (WIDTH, HEIGHT)
LAYOUT: Final = lay_out(*SIZE, preview=True)


def wait_for(server: Xvfb, scene: Scene, box: Box, what: str, config: CaptionsConfig | None = None) -> None:
    """Wait until a part of the screen shows a scene, shifted as it is at this minute."""

    def is_shown() -> bool:
        offset = burn_in_shift(time.monotonic())
        painter = Painter(CaptionStyle.from_options((config or CaptionsConfig(show="words")).model_dump()), SIZE)
        painter.paint(replace(scene, shift=offset))
        by = (round(offset[0] * LAYOUT.unit / 1000), round(offset[1] * LAYOUT.unit / 1000))
        return server.shows(np.asarray(painter.image), box.shifted(by))

    wait_until(is_shown, what)
