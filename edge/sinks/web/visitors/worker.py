"""The recognition worker's state: one model, and one stream for each visitor."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from edge.sinks.web.visitors.jpeg import ImageRefused
from edge.sinks.web.visitors.model import LoadedModel
from edge.sinks.web.visitors.payload import PayloadRefused
from edge.sinks.web.visitors.protocol import (
    Action,
    Forget,
    LoadModel,
    Message,
    Recognise,
    Recognised,
)
from edge.sinks.web.visitors.visitor_stream import Answer, VisitorStream
from landmarkers.layout import Part
from landmarkers.networks import Networks
from models.karsl import karsl_signs

_REFUSALS: Final = (PayloadRefused, ImageRefused)
_SIDE: Final = 320  # pixels


class RecognitionWorker:
    """Handles one message after another, for all visitors."""

    def __init__(self, start: LoadModel) -> None:
        """Load the landmark networks and a model. Raises NetworksUnavailable, BundleRefused."""
        self._networks = Networks(frozenset(Part))
        self._model = LoadedModel.open(start)
        self._streams: dict[int, VisitorStream] = {}
        self._load_the_rest()

    @property
    def title(self) -> str:
        """The title of the bundle."""
        return self._model.bundle.manifest.title

    def handle(self, message: Message) -> Recognised | None:
        """Handle a message and return the reply, if it has one."""
        match message:
            case Forget():
                stream = self._streams.pop(message.visitor, None)
                if stream is not None:
                    stream.close()
                return None
            case Recognise():
                return self._recognise(self._stream(message), message)

    def _load_the_rest(self) -> None:
        """Process one picture and one take, so that libraries read and import what they look for at their first use.

        The kind of a sign that states none comes from KArSL's signs.
        """
        karsl_signs()
        self._model.classify_probe()
        stream = VisitorStream(self._networks, self._model, words=True, joints=False)
        picture = cv2.imencode(".jpg", np.full((_SIDE, _SIDE, 3), 127, np.uint8))[1]
        stream.push_image(0.0, picture.tobytes(), with_landmarks=True)
        stream.close()

    def _stream(self, message: Recognise) -> VisitorStream:
        """Return the visitor's stream; a restarted worker creates those of visitors who were there before."""
        if message.visitor not in self._streams:
            self._streams[message.visitor] = VisitorStream(
                self._networks, self._model, words=message.words, joints=message.joints
            )
        return self._streams[message.visitor]

    def _recognise(self, stream: VisitorStream, message: Recognise) -> Recognised:
        received_at, content = message.received_at, message.payload
        actions: dict[str, Callable[[], list[Answer]]] = {
            Action.IMAGE: lambda: stream.push_image(received_at, content, with_landmarks=False),
            Action.IMAGE_WITH_LANDMARKS: lambda: stream.push_image(received_at, content, with_landmarks=True),
            Action.LANDMARKS: lambda: stream.push_landmarks(received_at, content),
            Action.TAKE: lambda: stream.start_take(content),
            Action.CONTINUE_TAKE: stream.continue_take,
            Action.FLUSH: stream.flush,
        }
        try:
            answers, is_refused = actions[message.action](), False
        except _REFUSALS as error:
            answers, is_refused = [{"error": str(error)}], True
        return Recognised(tuple(answers), stream.has_more, stream.is_active, is_refused)
