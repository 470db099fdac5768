"""The requests, events and views of the live page's server."""

import io
import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed, InvalidStatus

from edge.monitoring.status import Component
from edge.sinks.web.message import MAX_EVENTS
from tests.edge.sinks.web.client import WebClient, decode_view, until
from tests.edge.sinks.web.device import MODEL, NAME, Device
from tests.edge.waiting import PATIENCE_S, wait_until
from tests.synthetic_signer import Sign, signer

SIGNING = signer(0.5, Sign(0.0, 1.0, 0.25))


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    """A device that shows the picture of its camera."""
    running = Device(origins=("https://hall.example",))
    yield running
    running.stop()


@pytest.fixture
def client(device: Device) -> Iterator[WebClient]:
    device.sink.clear()
    web_client = WebClient(device.port)
    wait_until(lambda: web_client.words() == [], "the cleared words")
    yield web_client
    web_client.client.close()


def sign_words(device: Device, client: WebClient, count: int) -> list[dict[str, Any]]:
    """Sign words, and return their events once the server has them."""
    words = [device.sign_word() for _ in range(count)]
    wait_until(lambda: client.words()[-1:] == [words[-1].seq], "the last word")
    return [json.loads(word.to_json()) for word in words]


def test_about_describes_the_device(client: WebClient) -> None:
    response = client.get("/api/about").json()
    about = {"device": NAME, "model": MODEL, "signs": 230, "view": "picture", "visitors": 4, "commands": False}
    assert response == about | {"version": version("ishara")}


def test_words_are_returned_oldest_first_after_a_number(device: Device, client: WebClient) -> None:
    words = sign_words(device, client, 4)
    numbers = [word["seq"] for word in words]
    assert client.get("/api/words").json() == {"words": words}
    assert client.words(f"?since={numbers[1]}") == numbers[2:]
    assert client.words(f"?since={numbers[0]}&limit=2") == numbers[2:]
    assert client.words(f"?since={numbers[3]}") == []
    # A reader with higher numbers has them from before a restart of the device.
    assert client.words(f"?since={numbers[3] + 1}") == numbers


@pytest.mark.parametrize("query", ["?since=-1", "?since=x", "?limit=0", f"?limit={MAX_EVENTS + 1}"])
def test_invalid_parameters_are_refused(query: str, client: WebClient) -> None:
    assert client.get(f"/api/words{query}").status_code == 422


def test_number_of_words_is_limited(device: Device, client: WebClient) -> None:
    words = sign_words(device, client, MAX_EVENTS + 20)
    assert client.words() == [word["seq"] for word in words[20:]]


def test_events_stream_words_health_and_clears(device: Device, client: WebClient) -> None:
    before = sign_words(device, client, 2)
    with client.events() as events:
        caught_up = [next(events) for _ in range(3)]
        assert [(event.name, event.number) for event in caught_up[:2]] == [("word", one["seq"]) for one in before]
        assert [event.content for event in caught_up[:2]] == before
        assert (caught_up[2].name, caught_up[2].content["model"]) == ("health", MODEL)
        words = device.sign_word()
        assert until(events, "word").content == json.loads(words.to_json())
        for _ in range(2):  # a reader may have words from before a restart of the daemon, so each clear is sent
            device.sink.clear()
            assert until(events, "clear").content == {}
        assert until(events, "health").content["at"] > caught_up[2].content["at"]
    assert client.words() == []


def test_stream_has_utterances_and_the_line_and_the_words_are_listed_alone(device: Device, client: WebClient) -> None:
    word = sign_words(device, client, 1)[0]
    device.grow_line("ألم", word["seq"])
    with client.events(f"?since={word['seq']}") as events:
        assert until(events, "line").content == {"event_type": "line", "text": "ألم", "words": [word["seq"]]}
        said = device.end_utterance("ألم", word["seq"])
        utterance = until(events, "utterance")
        assert (utterance.number, utterance.content) == (said.seq, json.loads(said.to_json()))
    with client.events(f"?since={word['seq']}") as events:
        assert [next(events).name for _ in range(2)] == ["utterance", "health"]
    assert client.words() == [word["seq"]]


def test_reconnecting_reader_gets_the_words_since_the_last_one(device: Device, client: WebClient) -> None:
    numbers = [word["seq"] for word in sign_words(device, client, 3)]
    # A browser repeats the address, and sends the id of the last event that it received.
    with client.events(f"?since={numbers[0]}", last_event_id=str(numbers[1])) as events:
        assert [next(events).number, next(events).name] == [numbers[2], "health"]
    with client.events(f"?since={numbers[0]}") as events:
        assert [next(events).number, next(events).number] == numbers[1:]
    with client.events(last_event_id=str(numbers[2] + 100)) as events:
        assert [next(events).number for _ in range(3)] == numbers


def test_reader_gets_only_as_many_earlier_words_as_it_asks_for(device: Device, client: WebClient) -> None:
    numbers = [word["seq"] for word in sign_words(device, client, 5)]
    with client.events(f"?since={numbers[0]}&limit=2") as events:
        assert [next(events).number for _ in range(2)] == numbers[3:]
        assert next(events).name == "health"


def test_reconnecting_reader_of_cleared_words_gets_a_clear(device: Device, client: WebClient) -> None:
    cleared = sign_words(device, client, 2)[-1]["seq"]
    device.sink.clear()
    wait_until(lambda: client.words() == [], "the cleared words")
    new = sign_words(device, client, 1)[-1]["seq"]
    with client.events(last_event_id=str(cleared)) as events:
        assert [(event.name, event.number) for event in (next(events), next(events))] == [
            ("clear", None),
            ("word", new),
        ]
    for since in ("0", str(new)):  # a reader without cleared words needs no clear
        with client.events(last_event_id=since) as events:
            assert next(events).name != "clear"


def test_fault_is_sent_at_once(device: Device, client: WebClient) -> None:
    with client.events() as events:
        until(events, "health")
        device.status.report(Component.BROKER, "the broker is lost")
        wait_until(lambda: until(events, "health").content["faults"] == {"broker": "the broker is lost"}, "the fault")
    assert client.get("/health").json()["faults"] == {"broker": "the broker is lost"}
    assert 'ishara_component_up{component="broker"} 0.0' in client.get("/metrics").text
    device.status.report(Component.BROKER, None)


def test_views_have_joints_and_picture_while_subscribed(device: Device, client: WebClient) -> None:
    with client.view("picture") as with_picture, client.view("skeleton") as skeleton_only:

        def next_view(socket: Any) -> tuple[dict[str, Any], bytes]:
            for _ in range(1000):
                device.show(SIGNING)
                try:
                    return decode_view(socket.recv(timeout=0.03))
                except TimeoutError:
                    continue
            raise AssertionError("no view came")

        line, jpeg = next_view(with_picture)
        assert (line["aspect"], len(line["joints"]), line["joints"][0]) == (0.75, 75, None)
        assert line["joints"][54] == [0.25, 0.45]
        with Image.open(io.BytesIO(jpeg)) as picture:
            assert picture.size == (64, 48)
            assert np.allclose(np.asarray(picture), (40, 80, 160), atol=3)
        line, jpeg = next_view(skeleton_only)
        assert (line["joints"][54], jpeg) == ([0.25, 0.45], b"")


def test_unknown_view_is_refused(client: WebClient) -> None:
    with pytest.raises(InvalidStatus), client.view("everything"):
        pass


def test_message_on_the_view_websocket_closes_it(client: WebClient) -> None:
    with client.view("skeleton") as socket:
        socket.send("hello")
        with pytest.raises(ConnectionClosed, match="1003"):
            socket.recv(timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("highest", "level", "reason"),
    [
        ("skeleton", "picture", "this device shows only the skeleton"),
        ("off", "skeleton", "this device shows nothing"),
    ],
)
def test_level_above_the_allowed_one_is_refused_with_the_reason(highest: str, level: str, reason: str) -> None:
    device = Device(view=highest)
    try:
        client = WebClient(device.port)
        assert client.get("/api/about").json()["view"] == highest
        with client.view(level) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=PATIENCE_S)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, reason)
    finally:
        device.stop()


def test_page_and_assets_are_cached_by_etag(client: WebClient) -> None:
    assert client.get("/").headers["location"] == "live-signs"
    page = client.get("/live-signs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assets = re.findall(r'(?:src|href)="(live-signs/assets/[^"]+)"', page.text)
    assert assets
    for path in assets:
        asset = client.get(f"/{path}")
        assert asset.status_code == 200
        assert client.get(f"/{path}", if_none_match=asset.headers["etag"]).status_code == 304
    assert client.get("/live-signs/assets/nothing.js").status_code == 404
    assert client.get("/live-signs/assets/..%2F__init__.py").status_code == 404


@pytest.mark.parametrize("path", ["/", "/live-signs", "/docs", "/api/about", "/live-signs/assets/x", "/nowhere"])
def test_every_response_has_the_security_headers(path: str, client: WebClient) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "camera=(self)" in headers["permissions-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert headers["server"] == "ishara"


def test_docs_page_loads_nothing_from_other_servers(client: WebClient) -> None:
    described = client.get("/openapi.json").json()
    names = ("about", "command", "dictionary", "dictionary/{sign_id}", "events", "words")
    assert {"/health", "/metrics", *(f"/api/{name}" for name in names)} == set(described["paths"])
    assert {"Word", "Health"} <= set(described["components"]["schemas"])
    page = client.get("/docs").text
    assert "GET /api/words" in page
    assert "://" not in page
    for path in re.findall(r'(?:src|href)="([^"#]+)"', page):
        assert client.get(f"/{path}").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/live-signs", "/live-signs/assets/state.js", "/health", "/metrics", "/api/words", "/api/about", "/docs"],
)
def test_head_is_answered_like_get_without_a_body(path: str, client: WebClient) -> None:
    got, head = client.get(path), client.client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers.get("content-type") == got.headers.get("content-type")
    assert head.headers.keys() == got.headers.keys()


def test_head_of_the_event_stream_ends(client: WebClient) -> None:
    head = client.client.head("/api/events")
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


@pytest.mark.parametrize("method", ["HEAD", "GET", "OPTIONS", "POST"])
def test_unknown_path_is_not_found(method: str, client: WebClient) -> None:
    assert client.client.request(method, "/nowhere").status_code == 404


def test_only_configured_origins_may_read(client: WebClient) -> None:
    known = client.get("/api/words", origin="https://hall.example")
    assert known.headers["access-control-allow-origin"] == "https://hall.example"
    assert "access-control-allow-origin" not in client.get("/api/words", origin="https://other.example").headers


def test_only_configured_origins_and_the_own_page_may_connect(device: Device, client: WebClient) -> None:
    for origin in ("https://hall.example", f"http://127.0.0.1:{device.port}"):
        with client.view("skeleton", origin=origin):
            pass
    for origin in ("https://other.example", "null", f"http://127.0.0.1:{device.port + 1}"):
        with pytest.raises(InvalidStatus, match="403"), client.view("skeleton", origin=origin):
            pass


def test_unknown_host_name_is_refused(device: Device, client: WebClient) -> None:
    for host in (f"localhost:{device.port}", f"[::1]:{device.port}", "hall.example"):
        assert client.get("/api/words", host=host).status_code == 200
    assert client.get("/api/words", host=f"other.example:{device.port}").status_code == 421
