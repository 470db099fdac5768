"""Asks the live page's server, as a browser or another program does."""

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
    """Asks one server."""

    def __init__(self, port: int, *, verify: str | bool = True) -> None:
        """`verify` names the authority of a server that is asked with TLS, or is False for any."""
        self._socket_url = f"ws://127.0.0.1:{port}"
        scheme = "http" if verify is True else "https"
        self.client = httpx.Client(
            base_url=f"{scheme}://127.0.0.1:{port}", timeout=PATIENCE_S, trust_env=False, verify=verify
        )

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The answer to a GET; underscores in the names of headers stand for hyphens."""
        return self.client.get(path, headers=_named(headers))

    def words(self, query: str = "") -> list[int]:
        """The numbers of the words that are remembered."""
        return [word["seq"] for word in self.get(f"/api/words{query}").json()["words"]]

    @contextmanager
    def events(self, query: str = "", **headers: str) -> Iterator[Iterator[Event]]:
        """The events, as they come."""
        with self.client.stream("GET", f"/api/events{query}", headers=_named(headers)) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield _parsed(answer)

    @contextmanager
    def view(self, wanted: str, **headers: str) -> Iterator[Connection]:
        """A websocket on which views come."""
        origin = Origin(headers.pop("origin")) if "origin" in headers else None
        url = f"{self._socket_url}/api/view?with={wanted}"
        with connect(url, origin=origin, additional_headers=_named(headers), proxy=None) as socket:
            yield socket


def until(events: Iterator[Event], name: str) -> Event:
    """The next event of a name."""
    return next(event for event in events if event.name == name)


def unpacked(message: bytes) -> tuple[dict[str, Any], bytes]:
    """A view's line of JSON, and its JPEG."""
    end = 4 + int.from_bytes(message[:4], "big")
    return json.loads(message[4:end]), message[end:]


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _parsed(answer: httpx.Response) -> Iterator[Event]:
    """https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            number = int(fields["id"]) if "id" in fields else None
            yield Event(fields["event"], number, json.loads(fields["data"]))
            fields = {}
        else:
            fields = {}
