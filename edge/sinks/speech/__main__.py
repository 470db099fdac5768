"""The speech worker: says what it receives on standard input until that ends.

It is started by `sink.py`, with its options as its one argument.
"""

import os
import select
import sys
import time
from collections import deque
from pathlib import Path
from typing import Final

from edge.sinks.speech.loudspeaker import Loudspeaker
from edge.sinks.speech.message import Ready, Said, Say, SpeechOptions
from edge.sinks.speech.sound import SpeechUnavailable
from edge.sinks.speech.voice import FIRST_WORD, Voice, open_voice
from edge.workers.channel import ReplyWriter, ignore_signals
from edge.workers.protocol import Decoder, Failure

_READ_BYTES: Final = 1 << 16
_MAX_WAITING: Final = 16
_EXIT_FAILURE: Final = 3


def main() -> int:
    """Speak until standard input ends; return the exit code."""
    if len(sys.argv) != 2:
        print("the daemon starts this speech worker itself; to hear speech, run ishara-edge speech", file=sys.stderr)
        return 2
    ignore_signals()
    options = SpeechOptions.from_json(sys.argv[1])
    replies = ReplyWriter()
    try:
        with Loudspeaker(options.device) as loudspeaker:
            # Tried first, since a voice may take seconds to load, again and again while there is no loudspeaker.
            loudspeaker.check()
            voice = open_voice(Path(options.voice_file) if options.voice_file else None, options.volume)
            voice.synthesise(FIRST_WORD)
            replies.send(Ready())
            _speak(voice, loudspeaker, options.max_age_s, replies)
    except SpeechUnavailable as error:
        replies.send(Failure(str(error)))
        return _EXIT_FAILURE
    except BrokenPipeError:
        return 0
    return 0


def _speak(voice: Voice, loudspeaker: Loudspeaker, max_age_s: float, replies: ReplyWriter) -> None:
    """Say one text after another; what has waited too long is dropped. Raises SpeechUnavailable."""
    decoder, waiting = Decoder((Say,)), deque[Say](maxlen=_MAX_WAITING)
    while True:
        ends = loudspeaker.ends
        if ends is None and waiting:
            text = waiting.popleft()
            if time.monotonic() - text.at <= max_age_s and (sound := voice.synthesise(text.text)).samples:
                loudspeaker.start(sound)
                replies.send(Said(text.at, time.monotonic()))
            continue
        readable = [sys.stdin.fileno()] + ([] if ends is None else [ends])
        ready, _, _ = select.select(readable, [], [], loudspeaker.remaining_s)
        if ends in ready or not ready:
            loudspeaker.finish()
        if sys.stdin.fileno() in ready:
            content = os.read(sys.stdin.fileno(), _READ_BYTES)
            if not content:
                return
            waiting.extend(decoder.feed(content))


if __name__ == "__main__":
    sys.exit(main())
