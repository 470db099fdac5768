"""The screen's program: draws what it is told on standard input until that ends, and answers on standard output.

It is started by `sink.py`, with the look as its one argument.
"""

import os
import select
import signal
import sys
import time
from typing import Final

from edge.sinks.captions.fonts import LettersMissing
from edge.sinks.captions.message import MESSAGES, Drawn, Ready
from edge.sinks.captions.picture import Painter
from edge.sinks.captions.scene import Heard, scene_at
from edge.sinks.captions.screen import Screen, ScreenLost
from edge.sinks.captions.style import CaptionStyle
from edge.workers.answers import Answers
from edge.workers.protocol import Decoder, Lost

_TICK_S: Final = 0.1  # how often fading, the hour and the desktop are looked after; a message is taken at once
_PIECE: Final = 1 << 20
_LOST: Final = 3


def main() -> int:
    """Show captions until standard input ends; returns the exit code."""
    if len(sys.argv) != 2:
        print("this is the daemon's program for its screen; to see captions, run ishara-edge captions", file=sys.stderr)
        return 2
    # Ctrl-C and a service's end reach the daemon and this program alike; this one ends when its input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    look = CaptionStyle.of_json(sys.argv[1])
    answers = Answers()
    try:
        with Screen(look.screen) as screen:
            return _show(screen, look, answers)
    except (LettersMissing, ScreenLost) as error:
        answers.tell(Lost(str(error)))
        return _LOST
    except BrokenPipeError:
        return 0


def _show(screen: Screen, look: CaptionStyle, answers: Answers) -> int:
    heard, decoder = Heard(), Decoder(MESSAGES)
    painter = Painter(look, screen.size)
    ready, drawn_of = False, 0.0
    while True:
        answers.show_life()
        if select.select([sys.stdin], [], [], _TICK_S if ready else 0.0)[0]:
            piece = os.read(sys.stdin.fileno(), _PIECE)
            if not piece:
                return 0
            for message in decoder.feed(piece):
                heard = heard.after(message)
        if screen.attend():
            painter = Painter(look, screen.size)
        clock = time.localtime()
        boxes = painter.paint(scene_at(heard, look, time.monotonic(), clock.tm_hour * 60 + clock.tm_min))
        if boxes:
            screen.show(painter.picture, boxes)
        if not ready:
            answers.tell(Ready(screen.driver, screen.size))
            ready = True
        if heard.said and heard.said[-1].at > drawn_of:
            drawn_of = heard.said[-1].at
            answers.tell(Drawn(drawn_of, time.monotonic()))


if __name__ == "__main__":
    sys.exit(main())
