"""What the process of the visitors' recognition does with what it is told; one message, one answer, in their order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from edge.sinks.web.visitors.jpeg import ImageRefused
from edge.sinks.web.visitors.model import LoadedModel
from edge.sinks.web.visitors.payload import PayloadRefused
from edge.sinks.web.visitors.protocol import Message
from edge.sinks.web.visitors.visitor_stream import Answer, VisitorStream
from landmarkers.layout import Part
from landmarkers.tracking import Networks
from models.bundle import BundleRefused

_REFUSED: Final = (BundleRefused, PayloadRefused, ImageRefused)


class Work:
    """The sessions of all visitors, and the model that reads for them."""

    def __init__(self) -> None:
        """Load the networks. Raises NetworksUnavailable."""
        self._networks = Networks(frozenset(Part))
        self._model: LoadedModel | None = None
        self._sessions: dict[int, VisitorStream] = {}

    def answer(self, message: Message) -> Message:
        """Do what a message says."""
        header = message.header
        if header["action"] == "load_model":
            return self._take_up(Path(header["folder"]), header["threshold"])
        if header["action"] == "close_stream":
            session = self._sessions.pop(header["visitor"], None)
            if session is not None:
                session.close()
            return Message({})
        return self._read(self._session(header), header, message.content)

    def _take_up(self, folder: Path, threshold: float | None) -> Message:
        try:
            self._model = LoadedModel.open(folder, threshold)
        except BundleRefused as error:
            return Message({"refused": str(error)})
        for session in self._sessions.values():
            session.set_model(self._model)
        return Message({"model": self._model.bundle.manifest.title})

    def _session(self, header: dict[str, Any]) -> VisitorStream:
        """The visitor's; a process that was started anew meets visitors that were there before."""
        if self._model is None:
            raise AssertionError("a model is taken up before anybody comes")
        visitor = header["visitor"]
        if visitor not in self._sessions:
            self._sessions[visitor] = VisitorStream(
                self._networks, self._model, words=header["words"], joints=header["joints"]
            )
        return self._sessions[visitor]

    def _read(self, session: VisitorStream, header: dict[str, Any], content: bytes) -> Message:
        received_at: float = header["received_at"]
        readings: dict[str, Callable[[], list[Answer]]] = {
            "image": lambda: session.push_image(received_at, content, with_landmarks=False),
            "image_with_landmarks": lambda: session.push_image(received_at, content, with_landmarks=True),
            "take": lambda: session.start_take(content),
            "landmarks": lambda: session.push_landmarks(received_at, content),
            "continue_take": session.continue_take,
            "flush": session.flush,
        }
        try:
            answers, refused = readings[header["action"]](), False
        except _REFUSED as error:
            answers, refused = [{"error": str(error)}], True
        told = {"has_more": session.has_more, "is_active": session.is_active, "refused": refused}
        return Message({"answers": answers} | told)
