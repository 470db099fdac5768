"""The caption worker: draws what it receives on standard input until that ends.

It is started by `sink.py`, with the caption style as its one argument.
"""

import os
import select
import sys
import time
from typing import Final

from edge.sinks.captions.fonts import FontMissing
from edge.sinks.captions.message import MESSAGE_TYPES, CaptionsDisplayed, Ready
from edge.sinks.captions.painter import Painter
from edge.sinks.captions.scene import CaptionState, scene_at
from edge.sinks.captions.screen import Screen, ScreenLost
from edge.sinks.captions.style import CaptionStyle
from edge.workers.channel import ReplyWriter, ignore_signals
from edge.workers.protocol import Decoder, Failure

_TICK_S: Final = 0.1  # how often fading, the hour and the desktop's events are checked; a message is handled at once
_READ_BYTES: Final = 1 << 20
_EXIT_FAILURE: Final = 3


def main() -> int:
    """Show captions until standard input ends; return the exit code."""
    if len(sys.argv) != 2:
        print(
            "the daemon starts this caption worker itself; to see captions, run ishara-edge captions", file=sys.stderr
        )
        return 2
    ignore_signals()
    style = CaptionStyle.from_json(sys.argv[1])
    replies = ReplyWriter()
    try:
        with Screen(style.screen) as screen:
            return _show_captions(screen, style, replies)
    except (FontMissing, ScreenLost) as error:
        replies.send(Failure(str(error)))
        return _EXIT_FAILURE
    except BrokenPipeError:
        return 0


def _show_captions(screen: Screen, style: CaptionStyle, replies: ReplyWriter) -> int:
    state, decoder = CaptionState(), Decoder(MESSAGE_TYPES)
    painter = Painter(style, screen.size)
    is_ready, displayed = False, 0.0
    while True:
        replies.send_heartbeat()
        if select.select([sys.stdin], [], [], _TICK_S if is_ready else 0.0)[0]:
            content = os.read(sys.stdin.fileno(), _READ_BYTES)
            if not content:
                return 0
            for message in decoder.feed(content):
                state = state.updated(message)
        if screen.handle_events():
            painter = Painter(style, screen.size)
        clock = time.localtime()
        boxes = painter.paint(scene_at(state, style, time.monotonic(), clock.tm_hour * 60 + clock.tm_min))
        if boxes:
            screen.show(painter.image, boxes)
        if not is_ready:
            replies.send(Ready(screen.driver, screen.size))
            is_ready = True
        if state.texts and state.texts[-1].at > displayed:
            displayed = state.texts[-1].at
            replies.send(CaptionsDisplayed(displayed, time.monotonic()))


if __name__ == "__main__":
    sys.exit(main())
