"""A client of the live page's server, like a browser or another program."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.typing import Origin

from tests.edge.waiting import PATIENCE_S

TOKEN: Final = "0123456789abcdef0123"


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    number: int | None
    content: dict[str, Any]


class WebClient:
    """Sends requests to one server."""

    def __init__(self, port: int, *, verify: str | bool = True) -> None:
        """`verify` is the authority's certificate if the server uses TLS, or False to accept any."""
        self._socket_url = f"ws://127.0.0.1:{port}"
        scheme = "http" if verify is True else "https"
        self.client = httpx.Client(
            base_url=f"{scheme}://127.0.0.1:{port}", timeout=PATIENCE_S, trust_env=False, verify=verify
        )

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Return the response to a GET; underscores in header names stand for hyphens."""
        return self.client.get(path, headers=_header_names(headers))

    def words(self, query: str = "") -> list[int]:
        """Return the numbers of the words that the server has."""
        return [word["seq"] for word in self.get(f"/api/words{query}").json()["words"]]

    @contextmanager
    def events(self, query: str = "", **headers: str) -> Iterator[Iterator[Event]]:
        """Yield the events as they arrive."""
        with self.client.stream("GET", f"/api/events{query}", headers=_header_names(headers)) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            yield _parse(response)

    @contextmanager
    def view(self, level: str, **headers: str) -> Iterator[Connection]:
        """Yield a websocket that receives views."""
        origin = Origin(headers.pop("origin")) if "origin" in headers else None
        url = f"{self._socket_url}/api/view?with={level}"
        with connect(url, origin=origin, additional_headers=_header_names(headers), proxy=None) as socket:
            yield socket


def until(events: Iterator[Event], name: str) -> Event:
    """Return the next event of a name."""
    return next(event for event in events if event.name == name)


def decode_view(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the JSON of a view, and its JPEG."""
    end = 4 + int.from_bytes(message[:4], "big")
    return json.loads(message[4:end]), message[end:]


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _parse(response: httpx.Response) -> Iterator[Event]:
    """Parse server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            number = int(fields["id"]) if "id" in fields else None
            yield Event(fields["event"], number, json.loads(fields["data"]))
            fields = {}
        else:
            fields = {}
