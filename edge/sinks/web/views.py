"""The view of the camera over a websocket: the latest one each time the browser has received the one before."""

import asyncio
import json
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.message import VIEW_LEVELS, View

REFUSED: Final = 4403
_UNEXPECTED_MESSAGE: Final = 1003


def view_router(hub: EventHub, highest: str) -> APIRouter:
    """Return the router of `/api/view`; levels above `highest` are refused."""
    router = APIRouter()

    @router.websocket("/api/view")
    async def view(
        socket: WebSocket, level: Annotated[Literal["picture", "skeleton"], Query(alias="with")] = "skeleton"
    ) -> None:
        await socket.accept()
        if VIEW_LEVELS.index(level) > VIEW_LEVELS.index(highest):
            allowed = "nothing" if highest == "off" else f"only the {highest}"
            await socket.close(REFUSED, f"this device shows {allowed}")
            return
        sending = asyncio.create_task(_send_views(socket, hub, level))
        message = await socket.receive()
        sending.cancel()
        if message["type"] != "websocket.disconnect":
            await socket.close(_UNEXPECTED_MESSAGE, "this websocket takes no messages")

    return router


async def _send_views(socket: WebSocket, hub: EventHub, level: str) -> None:
    try:
        with hub.subscribe_views(level) as changed:
            while True:
                await changed.wait()
                changed.clear()
                if hub.view is not None:
                    await socket.send_bytes(_encode(hub.view, with_picture=level == "picture"))
    except WebSocketDisconnect:
        return


def _encode(view: View, *, with_picture: bool) -> bytes:
    """Return the length of a line of JSON in four bytes, that line, and the JPEG if there is one."""
    line = json.dumps({"at": view.at, "aspect": view.aspect, "joints": view.joints}).encode()
    return len(line).to_bytes(4, "big") + line + (view.picture if with_picture else b"")
