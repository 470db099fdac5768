"""A server for visitors, and clients that visit it."""

import asyncio
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import uvicorn
from fastapi import FastAPI
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from edge.sinks.web.visitors.protocol import LoadModel
from edge.sinks.web.visitors.visitors import PATH, SERVER_OPTIONS, Visitors
from landmarkers.frame import Image, Landmarks
from landmarkers.take import Take
from tests.edge.ports import free_port
from tests.edge.waiting import wait_until

SHIPPED = Path(__file__).parents[4] / "models" / "karsl-230"
TAKES = Path(__file__).parents[4] / "edge" / "demo" / "takes"
CHEST = next(TAKES.glob("4-*"))
LIMIT = 4  # visitors at a time
PATIENCE_S = 90.0  # the recognition has a low priority, and a machine that runs tests is busy

Answer = dict[str, Any]


class VisitorServer:
    """Serves visitors by uvicorn, on a thread."""

    def __init__(self, visitors: Visitors, model: Path | None = SHIPPED) -> None:
        self.visitors = visitors
        self.port = free_port()

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> Any:
            self._loop = asyncio.get_running_loop()
            if model is not None:
                visitors.load_model(LoadModel(str(model), None))
            yield
            await visitors.close()

        app = FastAPI(lifespan=lifespan)
        app.include_router(visitors.router)
        self.server = uvicorn.Server(
            uvicorn.Config(app, port=self.port, log_level="warning", timeout_graceful_shutdown=1, **SERVER_OPTIONS)
        )
        self._thread = threading.Thread(target=self.server.run)

    def load_model(self, model: Path, labels: str = "", allowed: tuple[int, ...] | None = None) -> None:
        """Classify with another model."""
        self.load(LoadModel(str(model), None, labels, allowed))

    def load(self, model: LoadModel) -> None:
        """Classify with another model, and what was learned beside it."""
        self._loop.call_soon_threadsafe(self.visitors.load_model, model)

    def visit(self, query: str = "") -> AbstractContextManager[ClientConnection]:
        """Connect as a visitor."""
        return visit(self.port, query)

    def wait_empty(self) -> None:
        """Wait until all visitors have left."""
        wait_until(lambda: self.visitors.counts()["visitors"] == 0, "the end of all visits")

    def __enter__(self) -> "VisitorServer":
        self._thread.start()
        wait_until(lambda: self.server.started, "the server")
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self._thread.join()


@contextmanager
def visit(port: int, query: str = "", origin: str | None = None) -> Iterator[ClientConnection]:
    """Connect as a visitor to a port."""
    socket = connect(
        f"ws://127.0.0.1:{port}{PATH}{query}",
        compression=None,
        open_timeout=PATIENCE_S,
        origin=None if origin is None else Origin(origin),
    )
    with socket:
        yield socket


def jpeg(image: Image) -> bytes:
    """Return an image as a browser sends it."""
    succeeded, content = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])
    assert succeeded
    return content.tobytes()


def take_message(path: Path) -> bytes:
    """Return the message that sends a stored take."""
    return b"\2" + frames_of(Take.load(path).landmarks())


def frames_of(landmarks: list[Landmarks]) -> bytes:
    """Return the frames of a take as visitors send them."""
    return b"".join(struct.pack("<d", one.time) + one.points.astype("<f4").tobytes() for one in landmarks)


def grey(width: int = 64, height: int = 48) -> bytes:
    """Return a JPEG without a person."""
    return jpeg(np.full((height, width, 3), 128, np.uint8))


def receive(socket: ClientConnection) -> Answer:
    """Return the next answer."""
    answer: Answer = json.loads(socket.recv(PATIENCE_S))
    return answer


def receive_until(socket: ClientConnection, *keys: str) -> list[Answer]:
    """Return the answers up to the first that has one of these keys."""
    answers = [receive(socket)]
    while answers[-1].keys().isdisjoint(keys):
        answers.append(receive(socket))
    return answers
