"""Requests to the live page's server, as its HTTP parser passes them to the application."""

import asyncio
from collections.abc import Callable, MutableMapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import h11

from edge.monitoring.health import PipelineStats
from edge.sinks.web.app import build_app
from edge.sinks.web.commands import RemoteCommands
from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.message import ActiveModel, CommandOutcome, EventMessage, HealthMessage, Settings
from edge.sinks.web.protocols import CONNECTION
from edge.sinks.web.visitors.visitors import Visitors
from tests.fuzz.mutations import hostile_bytes
from tests.fuzz.parser import Parse, Parser

_TOKEN = "right"
_REQUESTS = tuple(
    f"{line} HTTP/1.1\r\nHost: localhost:8000\r\n{fields}\r\n{body}".encode()
    for line, fields, body in (
        ("GET /api/words?since=1&limit=5", "Authorization: Bearer right\r\n", ""),
        ("GET /metrics", "Cookie: ishara_token=right; a=b\r\nOrigin: http://[::1]:80\r\n", ""),
        ("GET /api/events?since=3", "Last-Event-ID: 4\r\nAccept: text/event-stream\r\n", ""),
        ("POST /login", "Content-Length: 13\r\nContent-Type: application/x-www-form-urlencoded\r\n", "token=right%20"),
        ("GET /live-signs?token=right", 'If-None-Match: "a"\r\nAccept-Encoding: gzip;q=x\r\nRange: bytes=0-\r\n', ""),
        ("OPTIONS /api/about", "Origin: http://a\r\nAccess-Control-Request-Method: GET\r\n", ""),
        ("HEAD /docs", "", ""),
        (
            "POST /api/command",
            "Authorization: Bearer right\r\nContent-Type: application/json\r\nContent-Length: 32\r\n",
            '{"command": "reply", "text": ""}',
        ),
    )
)


def parsers(scratch: Path) -> list[Parser]:
    """Return the parsers of a server with a token, and of one without."""
    return [
        Parser("request with a token", _REQUESTS, hostile_bytes, _serving(_TOKEN), (h11.RemoteProtocolError,)),
        Parser("request without a token", _REQUESTS, hostile_bytes, _serving(None), (h11.RemoteProtocolError,)),
    ]


def _serving(token: str | None) -> Callable[[Path], Parse]:
    def prepare(_: Path) -> Parse:
        settings = Settings("entrance", "1", token, ("https://a.example",), "picture", 1, None, None)
        hub = EventHub(lambda _: None)
        for message in (
            ActiveModel("a", "b", 0.4, 3),
            HealthMessage(PipelineStats().health().to_json()),
            EventMessage("word", 3, "{}"),
        ):
            hub.receive(message)
        commands = RemoteCommands(lambda sent: commands.receive(CommandOutcome(sent.number, ok=True, response="{}")))
        app = build_app(settings, hub, Visitors(1), commands)
        return lambda content: asyncio.run(_serve(app, content))

    return prepare


async def _serve(app: Any, content: bytes) -> None:
    """Let the application answer one request, after which the client is gone."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(content)
    connection.receive_data(b"")
    request = connection.next_event()
    if not isinstance(request, h11.Request):
        return
    path, _, query = request.target.partition(b"?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": request.method.decode("ascii"),
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "headers": list(request.headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "root_path": "",
        "state": {CONNECTION: SimpleNamespace(trust=lambda: None)},
    }
    bodies = [content.partition(b"\r\n\r\n")[2]]

    async def receive() -> MutableMapping[str, Any]:
        if bodies:
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        pass

    with patch("edge.sinks.web.token._WRONG_EVERY_S", 0.0):
        await app(scope, receive, send)
