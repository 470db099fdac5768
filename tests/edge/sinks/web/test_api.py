"""What can be asked of the live page's server, and what comes of itself."""

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
from edge.sinks.web.message import MAX_WORDS
from tests.edge.sinks.web.client import WebClient, unpacked, until
from tests.edge.sinks.web.device import MODEL, NAME, Device
from tests.edge.waiting import PATIENCE_S, wait_until
from tests.synthetic_signer import Sign, signer

SIGNING = signer(0.5, Sign(0.0, 1.0, 0.25))


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    """One whose camera may be seen as a picture."""
    on = Device(origins=("https://hall.example",))
    yield on
    on.stop()


@pytest.fixture
def ask(device: Device) -> Iterator[WebClient]:
    device.sink.clear()
    asker = WebClient(device.port)
    wait_until(lambda: asker.words() == [], "an empty memory")
    yield asker
    asker.client.close()


def say(device: Device, ask: WebClient, count: int) -> list[dict[str, Any]]:
    """Words, once they can be asked for."""
    said = [device.sign_word() for _ in range(count)]
    wait_until(lambda: ask.words()[-1:] == [said[-1].seq], "the last word")
    return [json.loads(one.to_json()) for one in said]


def test_it_tells_what_it_is(ask: WebClient) -> None:
    told = ask.get("/api/about").json()
    about = {"device": NAME, "model": MODEL, "signs": 190, "view": "picture", "visitors": 4}
    assert told == about | {"version": version("ishara")}


def test_words_come_oldest_first_from_a_number_on(device: Device, ask: WebClient) -> None:
    said = say(device, ask, 4)
    numbers = [word["seq"] for word in said]
    assert ask.get("/api/words").json() == {"words": said}
    assert ask.words(f"?since={numbers[1]}") == numbers[2:]
    assert ask.words(f"?since={numbers[0]}&limit=2") == numbers[2:]
    assert ask.words(f"?since={numbers[3]}") == []
    # A reader who knows higher numbers knew the device before it was started anew.
    assert ask.words(f"?since={numbers[3] + 1}") == numbers


@pytest.mark.parametrize("query", ["?since=-1", "?since=x", "?limit=0", f"?limit={MAX_WORDS + 1}"])
def test_what_cannot_be_asked_is_refused(query: str, ask: WebClient) -> None:
    assert ask.get(f"/api/words{query}").status_code == 422


def test_so_many_words_are_remembered_and_no_more(device: Device, ask: WebClient) -> None:
    said = say(device, ask, MAX_WORDS + 20)
    assert ask.words() == [word["seq"] for word in said[20:]]


def test_events_tell_words_health_and_clears_as_they_come(device: Device, ask: WebClient) -> None:
    before = say(device, ask, 2)
    with ask.events() as events:
        caught_up = [next(events) for _ in range(3)]
        assert [(event.name, event.number) for event in caught_up[:2]] == [("word", one["seq"]) for one in before]
        assert [event.content for event in caught_up[:2]] == before
        assert (caught_up[2].name, caught_up[2].content["model"]) == ("health", MODEL)
        said = device.sign_word()
        assert until(events, "word").content == json.loads(said.to_json())
        for _ in range(2):  # also what only a reader knows by now, from before the daemon was started anew
            device.sink.clear()
            assert until(events, "clear").content == {}
        assert until(events, "health").content["at"] > caught_up[2].content["at"]
    assert ask.words() == []


def test_who_comes_back_hears_the_words_since_the_last_one_heard(device: Device, ask: WebClient) -> None:
    numbers = [word["seq"] for word in say(device, ask, 3)]
    # A browser repeats the address, and names the last event that it heard.
    with ask.events(f"?since={numbers[0]}", last_event_id=str(numbers[1])) as events:
        assert [next(events).number, next(events).name] == [numbers[2], "health"]
    with ask.events(f"?since={numbers[0]}") as events:
        assert [next(events).number, next(events).number] == numbers[1:]
    with ask.events(last_event_id=str(numbers[2] + 100)) as events:
        assert [next(events).number for _ in range(3)] == numbers


def test_who_comes_back_with_words_that_were_forgotten_is_told_so(device: Device, ask: WebClient) -> None:
    forgotten = say(device, ask, 2)[-1]["seq"]
    device.sink.clear()
    wait_until(lambda: ask.words() == [], "an empty memory")
    new = say(device, ask, 1)[-1]["seq"]
    with ask.events(last_event_id=str(forgotten)) as events:
        assert [(event.name, event.number) for event in (next(events), next(events))] == [
            ("clear", None),
            ("word", new),
        ]
    for since in ("0", str(new)):  # who has none of them has nothing to forget
        with ask.events(last_event_id=since) as events:
            assert next(events).name != "clear"


def test_a_trouble_is_told_at_once(device: Device, ask: WebClient) -> None:
    with ask.events() as events:
        until(events, "health")
        device.status.report(Component.BROKER, "the broker is away")
        wait_until(lambda: until(events, "health").content["faults"] == {"broker": "the broker is away"}, "trouble")
    assert ask.get("/health").json()["faults"] == {"broker": "the broker is away"}
    assert 'ishara_component_up{component="broker"} 0.0' in ask.get("/metrics").text
    device.status.report(Component.BROKER, None)


def test_a_view_has_joints_and_picture_and_comes_while_somebody_watches(device: Device, ask: WebClient) -> None:
    with ask.view("picture") as both, ask.view("skeleton") as bare:

        def next_view(socket: Any) -> tuple[dict[str, Any], bytes]:
            for _ in range(1000):
                device.show(SIGNING)
                try:
                    return unpacked(socket.recv(timeout=0.03))
                except TimeoutError:
                    continue
            raise AssertionError("no view came")

        line, jpeg = next_view(both)
        assert (line["aspect"], len(line["joints"]), line["joints"][0]) == (0.75, 75, None)
        assert line["joints"][54] == [0.25, 0.45]
        with Image.open(io.BytesIO(jpeg)) as picture:
            assert picture.size == (64, 48)
            assert np.allclose(np.asarray(picture), (40, 80, 160), atol=3)
        line, jpeg = next_view(bare)
        assert (line["joints"][54], jpeg) == ([0.25, 0.45], b"")


def test_what_is_no_view_is_refused(ask: WebClient) -> None:
    with pytest.raises(InvalidStatus), ask.view("everything"):
        pass


def test_who_talks_where_only_views_come_is_let_go(ask: WebClient) -> None:
    with ask.view("skeleton") as socket:
        socket.send("hello")
        with pytest.raises(ConnectionClosed, match="1003"):
            socket.recv(timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("most", "wanted", "reason"),
    [
        ("skeleton", "picture", "this device shows only the skeleton"),
        ("off", "skeleton", "this device shows nothing"),
    ],
)
def test_more_than_may_be_seen_is_refused_with_the_reason(most: str, wanted: str, reason: str) -> None:
    device = Device(view=most)
    try:
        ask = WebClient(device.port)
        assert ask.get("/api/about").json()["view"] == most
        with ask.view(wanted) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=PATIENCE_S)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, reason)
    finally:
        device.stop()


def test_the_page_and_its_files_are_asked_for_once_and_then_known(ask: WebClient) -> None:
    assert ask.get("/").headers["location"] == "live-signs"
    page = ask.get("/live-signs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assets = re.findall(r'(?:src|href)="(live-signs/assets/[^"]+)"', page.text)
    assert assets
    for path in assets:
        asset = ask.get(f"/{path}")
        assert asset.status_code == 200
        assert ask.get(f"/{path}", if_none_match=asset.headers["etag"]).status_code == 304
    assert ask.get("/live-signs/assets/nothing.js").status_code == 404
    assert ask.get("/live-signs/assets/..%2F__init__.py").status_code == 404


@pytest.mark.parametrize("path", ["/", "/live-signs", "/docs", "/api/about", "/live-signs/assets/x", "/nowhere"])
def test_every_answer_forbids_the_browser_what_the_page_does_not_need(path: str, ask: WebClient) -> None:
    headers = ask.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "camera=(self)" in headers["permissions-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert headers["server"] == "ishara"


def test_what_can_be_asked_is_told_without_an_asset_from_elsewhere(ask: WebClient) -> None:
    described = ask.get("/openapi.json").json()
    assert {"/health", "/metrics", "/api/words", "/api/events", "/api/about"} == set(described["paths"])
    assert {"Word", "Health"} <= set(described["components"]["schemas"])
    page = ask.get("/docs").text
    assert "GET /api/words" in page
    assert "://" not in page
    for path in re.findall(r'(?:src|href)="([^"#]+)"', page):
        assert ask.get(f"/{path}").status_code == 200


def test_configured_origins_alone_may_read_from_other_pages(ask: WebClient) -> None:
    known = ask.get("/api/words", origin="https://hall.example")
    assert known.headers["access-control-allow-origin"] == "https://hall.example"
    assert "access-control-allow-origin" not in ask.get("/api/words", origin="https://other.example").headers


def test_configured_origins_and_the_own_page_alone_may_connect(device: Device, ask: WebClient) -> None:
    for origin in ("https://hall.example", f"http://127.0.0.1:{device.port}"):
        with ask.view("skeleton", origin=origin):
            pass
    for origin in ("https://other.example", "null", f"http://127.0.0.1:{device.port + 1}"):
        with pytest.raises(InvalidStatus, match="403"), ask.view("skeleton", origin=origin):
            pass


def test_a_name_that_was_made_to_mean_this_machine_is_refused(device: Device, ask: WebClient) -> None:
    for host in (f"localhost:{device.port}", f"[::1]:{device.port}", "hall.example"):
        assert ask.get("/api/words", host=host).status_code == 200
    assert ask.get("/api/words", host=f"other.example:{device.port}").status_code == 421
