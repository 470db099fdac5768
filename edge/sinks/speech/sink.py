"""The sink that says words or utterances aloud, through a supervised speech worker."""

import time
from collections import deque
from functools import partial
from typing import Final

from edge.config import SpeechConfig
from edge.day_hours import is_within
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.word import Word
from edge.sinks.speech.message import REPLY_TYPES, Ready, Reply, Said, Say, SpeechOptions
from edge.utterances.utterance import Event, Line
from edge.workers.process import Program
from edge.workers.supervisor import Callbacks, SupervisedProcess
from landmarkers.plain_text import MAX_SENTENCE, one_line

_MAX_WAITING: Final = 16


class SpeechSink:
    """Says what one device reads."""

    def __init__(self, config: SpeechConfig, *, status: DeviceStatus) -> None:
        """Start the worker; a loudspeaker that is not there is retried for ever and reported to `status`."""
        self._config = config
        # Kept while the worker starts, which then drops what is late.
        self._waiting: deque[Say] = deque(maxlen=_MAX_WAITING)
        self._says_words = config.says == "words"
        self.delay_s: float | None = None
        """The time from the emission of what was said last to the beginning of its sound."""
        voice_file = "" if config.voice_file is None else str(config.voice_file.absolute())
        options = SpeechOptions(voice_file, config.device, config.volume, config.max_age_s)
        self._worker = SupervisedProcess(
            # It is silent while it computes or plays, both of which it limits itself.
            Program("edge.sinks.speech", REPLY_TYPES, (options.to_json(),), sends_heartbeats=False),
            Callbacks(
                initial_messages=lambda: (),
                next_message=self._next_text,
                receive=self._receive,
                report=partial(status.report, Component.SPEECH),
                escalation=status.escalation(Component.SPEECH),
            ),
            name="the loudspeaker",
        )
        self._worker.start()

    @property
    def pid(self) -> int | None:
        """The worker's process id, while one runs."""
        return self._worker.pid

    def emit(self, event: Event) -> None:
        """Say the word or the utterance, whichever is configured; who corrects one has read it, so that is not said."""
        if isinstance(event, Line) or event.corrects is not None:
            return
        if isinstance(event, Word) == self._says_words:
            self._say(event.word if isinstance(event, Word) else event.text)

    def close(self) -> None:
        """Stop speaking."""
        self._worker.close()

    def _say(self, text: str) -> None:
        clock, line = time.localtime(), one_line(text, MAX_SENTENCE)
        if line and not is_within(self._config.quiet_hours, clock.tm_hour * 60 + clock.tm_min):
            self._waiting.append(Say(line, time.monotonic()))
            self._worker.wake()

    def _next_text(self) -> Say | None:
        return self._waiting.popleft() if self._waiting else None

    def _receive(self, reply: Reply) -> None:
        if isinstance(reply, Said):
            self.delay_s = reply.started_at - reply.emitted_at
        elif isinstance(reply, Ready):
            name = self._config.device
            self._worker.report_ready(f"speech is on the loudspeaker {name}", f"the loudspeaker {name} is back")
