"""What the camera sees, over a websocket: the newest view each time the browser has taken the one before."""

import asyncio
import json
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.message import VIEW_LEVELS, View

REFUSED: Final = 4403
_TALKS: Final = 1003


def views(feed: EventHub, most: str) -> APIRouter:
    """Serves `/api/view`; no more than `most` is shown."""
    router = APIRouter()

    @router.websocket("/api/view")
    async def view(
        socket: WebSocket, wanted: Annotated[Literal["picture", "skeleton"], Query(alias="with")] = "skeleton"
    ) -> None:
        await socket.accept()
        if VIEW_LEVELS.index(wanted) > VIEW_LEVELS.index(most):
            await socket.close(REFUSED, f"this device shows {'nothing' if most == 'off' else f'the {most} alone'}")
            return
        showing = asyncio.create_task(_show(socket, feed, wanted))
        message = await socket.receive()
        showing.cancel()
        if message["type"] != "websocket.disconnect":
            await socket.close(_TALKS, "nothing is to be sent here")

    return router


async def _show(socket: WebSocket, feed: EventHub, wanted: str) -> None:
    try:
        with feed.watching(wanted) as bell:
            while True:
                await bell.wait()
                bell.clear()
                if feed.view is not None:
                    await socket.send_bytes(_packed(feed.view, with_picture=wanted == "picture"))
    except WebSocketDisconnect:
        return


def _packed(view: View, *, with_picture: bool) -> bytes:
    """The length of a line of JSON in four bytes, the line, and maybe a JPEG."""
    line = json.dumps({"at": view.at, "aspect": view.aspect, "joints": view.joints}).encode()
    return len(line).to_bytes(4, "big") + line + (view.picture if with_picture else b"")
