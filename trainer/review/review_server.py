"""Serves the review to the browsers of this machine."""

import secrets
import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from landmarkers.errors import UserError
from trainer.review.review_app import build_app
from trainer.review.review_queue import ReviewQueue

_ADDRESS: Final = "127.0.0.1"


class PortTaken(UserError):
    """A port that cannot be listened on; the message names it."""


def serve(queue: ReviewQueue, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve the review until Ctrl-C; `on_ready` receives its address. Port 0 is any free one. Raises PortTaken."""
    token = secrets.token_urlsafe(24)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_ADDRESS, port))
        except OSError as error:
            raise PortTaken(f"--port {port} cannot be used: {error.strerror}; name a free port") from error
        listener.listen()  # a browser that opens the address at once waits for the server, and is not refused
        on_ready(f"http://{_ADDRESS}:{listener.getsockname()[1]}/{token}/")
        config = uvicorn.Config(
            build_app(queue, token), lifespan="off", log_level="warning", access_log=False, server_header=False
        )
        uvicorn.Server(config).run(sockets=[listener])
