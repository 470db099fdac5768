"""A server that visitors may come to, and what they do there."""

import asyncio
import json
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

from edge.sinks.web.visitors.visitors import PATH, SERVER_OPTIONS, Visitors
from landmarkers.frame import Image
from tests.edge.ports import free_port
from tests.edge.waiting import wait_until

SHIPPED = Path(__file__).parents[4] / "models" / "karsl-190"
TAKES = Path(__file__).parents[4] / "edge" / "demo" / "takes"
CHEST = next(TAKES.glob("4-*"))
LIMIT = 4  # visitors at a time
PATIENCE_S = 90.0  # the recognition is nice, and a machine that runs tests is busy

Answer = dict[str, Any]


class VisitorServer:
    """Where visitors go, served on a thread by uvicorn."""

    def __init__(self, visitors: Visitors, model: Path | None = SHIPPED) -> None:
        self.visitors = visitors
        self.port = free_port()

        @asynccontextmanager
        async def life(_: FastAPI) -> Any:
            self._loop = asyncio.get_running_loop()
            if model is not None:
                visitors.load_model(model, None)
            yield
            await visitors.close()

        app = FastAPI(lifespan=life)
        app.include_router(visitors.router)
        self.server = uvicorn.Server(
            uvicorn.Config(app, port=self.port, log_level="warning", timeout_graceful_shutdown=1, **SERVER_OPTIONS)
        )
        self._thread = threading.Thread(target=self.server.run)

    def take_up(self, model: Path) -> None:
        """Let another model read."""
        self._loop.call_soon_threadsafe(self.visitors.load_model, model, None)

    def visit(self, query: str = "") -> AbstractContextManager[ClientConnection]:
        """Come as a visitor."""
        return visit(self.port, query)

    def wait_empty(self) -> None:
        """Wait until all visitors have left."""
        wait_until(lambda: self.visitors.counts()["visitors"] == 0, "an empty place")

    def __enter__(self) -> "VisitorServer":
        self._thread.start()
        wait_until(lambda: self.server.started, "the server")
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self._thread.join()


@contextmanager
def visit(port: int, query: str = "", origin: str | None = None) -> Iterator[ClientConnection]:
    """Come as a visitor to whoever serves there."""
    socket = connect(
        f"ws://127.0.0.1:{port}{PATH}{query}",
        compression=None,
        open_timeout=PATIENCE_S,
        origin=None if origin is None else Origin(origin),
    )
    with socket:
        yield socket


def jpeg(picture: Image) -> bytes:
    """A picture as a browser sends it."""
    done, content = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])
    assert done
    return content.tobytes()


def grey(width: int = 64, height: int = 48) -> bytes:
    """A JPEG of nobody."""
    return jpeg(np.full((height, width, 3), 128, np.uint8))


def hear(socket: ClientConnection) -> Answer:
    """The next answer."""
    answer: Answer = json.loads(socket.recv(PATIENCE_S))
    return answer


def hear_until(socket: ClientConnection, key: str) -> list[Answer]:
    """The answers up to the first that has this key."""
    answers = [hear(socket)]
    while key not in answers[-1]:
        answers.append(hear(socket))
    return answers
