"""The recognition worker's state: one model, and one stream for each visitor."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.sinks.web.visitors.jpeg import ImageRefused
from edge.sinks.web.visitors.model import LoadedModel
from edge.sinks.web.visitors.payload import PayloadRefused
from edge.sinks.web.visitors.protocol import (
    Action,
    Forget,
    LoadModel,
    Message,
    ModelLoaded,
    ModelRefused,
    Recognise,
    Recognised,
    Reply,
)
from edge.sinks.web.visitors.visitor_stream import Answer, VisitorStream
from edge.workers.protocol import Failure
from landmarkers.layout import Part
from landmarkers.networks import Networks
from models.bundle import BundleRefused

_REFUSALS: Final = (BundleRefused, PayloadRefused, ImageRefused)


class RecognitionWorker:
    """Handles one message after another, for all visitors."""

    def __init__(self) -> None:
        """Load the landmark networks. Raises NetworksUnavailable."""
        self._networks = Networks(frozenset(Part))
        self._model: LoadedModel | None = None
        self._streams: dict[int, VisitorStream] = {}

    def handle(self, message: Message) -> Reply | None:
        """Handle a message and return the reply, if it has one; after a Failure the worker must end."""
        match message:
            case LoadModel():
                return self._load_model(message)
            case Forget():
                stream = self._streams.pop(message.visitor, None)
                if stream is not None:
                    stream.close()
                return None
            case Recognise():
                return self._recognise(self._stream(message), message)

    def _load_model(self, message: LoadModel) -> Reply:
        try:
            model = LoadedModel.open(Path(message.folder), message.threshold)
        except BundleRefused as error:
            return Failure(str(error)) if self._model is None else ModelRefused(str(error))
        self._model = model
        for stream in self._streams.values():
            stream.set_model(model)
        return ModelLoaded(model.bundle.manifest.title)

    def _stream(self, message: Recognise) -> VisitorStream:
        """Return the visitor's stream; a restarted worker creates those of visitors who were there before."""
        if self._model is None:
            raise AssertionError("a model is loaded before anybody comes")
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
