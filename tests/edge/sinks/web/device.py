"""A device whose words, faults and pictures a test controls; its live page is the real one, in its own process."""

from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge.commands import Commands
from edge.config import SHIPPED_MODEL, WebConfig
from edge.monitoring.health import Health, PipelineStats
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.word import Alternative, Word
from edge.sinks.web.message import ActiveModel
from edge.sinks.web.sink import WebSink
from edge.utterances.utterance import Utterance
from landmarkers.frame import Frame, Image, Landmarks
from models.bundle import open_bundle
from tests.edge.ports import free_port, is_listening
from tests.edge.spoken import line, utterance
from tests.edge.tiny_bundle import SIGNS
from tests.edge.waiting import wait_until

NAME: Final = "entrance"
MODEL: Final = "karsl-230@5"
PICTURE: Final = np.full((48, 64, 3), (40, 80, 160), np.uint8)
"""The picture of its camera."""


def word(seq: int, confidence: float = 0.97, sign: int = 0, **changes: Any) -> Word:
    """Return one of the tiny bundle's words, signed just now."""
    now = datetime.now(UTC)
    others = [other for other in SIGNS if other is not SIGNS[sign]]
    event = Word(
        seq=seq,
        confidence=confidence,
        alternatives=tuple(Alternative(sign_id=other.sign_id, word=other.word, confidence=0.01) for other in others),
        started_at=now - timedelta(seconds=1.05),
        ended_at=now - timedelta(seconds=0.2),
        emitted_at=now,
        model=MODEL,
        device=NAME,
        **SIGNS[sign].model_dump(),
    )
    return event.model_copy(update=changes)


class Device:
    """A device with a live page."""

    def __init__(self, port: int | None = None, config: WebConfig | None = None, **settings: Any) -> None:
        """Start it, with settings of [web], or with a configuration whose port is given."""
        self.port = port or free_port()
        self.status = DeviceStatus()
        self.commands = Commands(self.status)
        self._parts = (Component.CAMERA, Component.BROKER)
        self._stats = PipelineStats(status=self.status, components=self._parts, model=MODEL)
        self._seq = 0
        self._is_running = True
        config = config or WebConfig.model_validate({"port": self.port, "view": "picture"} | settings)
        signs = len(open_bundle(SHIPPED_MODEL).signs)
        self.sink = WebSink(
            config,
            device=NAME,
            version=version("ishara"),
            active_model=ActiveModel(MODEL, str(SHIPPED_MODEL), 0.5, signs),
            health=self._health,
            status=self.status,
            commands=self.commands,
        )
        self.url = config.url

    def sign_word(self, confidence: float = 0.97, sign: int = 0, **changes: Any) -> Word:
        """Emit a word."""
        self._seq += 1
        event = word(self._seq, confidence, sign, **changes)
        self.sink.emit(event)
        return event

    def grow_line(self, text: str, *words: int) -> None:
        """Emit the line in progress."""
        self.sink.emit(line(text, *words))

    def end_utterance(self, text: str, *words: int, **changes: Any) -> Utterance:
        """Emit an utterance."""
        self._seq += 1
        event = utterance(self._seq, text, *words).model_copy(update=changes)
        self.sink.emit(event)
        return event

    def show(self, landmarks: Landmarks, picture: Image = PICTURE) -> None:
        """Show a person to the camera."""
        self._stats.count_frame()
        self.sink.observe(Frame(picture, landmarks.time), landmarks)

    def activate(self, title: str, folder: Path) -> None:
        """Change to another bundle."""
        self._stats.model = title
        self.sink.set_model(ActiveModel(title, str(folder), 0.5, len(open_bundle(folder).signs)))

    def stop(self) -> None:
        """Stop it, if it is still running."""
        if not self._is_running:
            return
        self._is_running = False
        self.sink.close()
        wait_until(lambda: not is_listening(self.port), "the end of the live page")

    def _health(self) -> Health:
        return self._stats.health()
