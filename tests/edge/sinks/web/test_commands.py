"""Commands from the page to the device."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from edge.commands import RateLimit
from edge.requests import MAX_BYTES, Reply
from edge.sinks.web.message import CommandMessage
from edge.sinks.web.sink import COMMAND_BURST
from tests.edge.sinks.web.client import TOKEN, WebClient
from tests.edge.sinks.web.conftest import StartDevice
from tests.edge.sinks.web.device import Device

REPLY = {"command": "reply", "text": "أهلا بك", "id": 5}


@pytest.fixture(scope="module")
def module_replies() -> list[Reply]:
    return []


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory, module_replies: list[Reply]) -> Iterator[Device]:
    file = tmp_path_factory.mktemp("secrets") / "token"
    file.write_text(TOKEN)
    running = Device(token_file=file)
    running.commands.register_payload(Reply, module_replies.append)
    yield running
    running.stop()


@pytest.fixture
def client(device: Device) -> Iterator[WebClient]:
    device.sink._command_rate = RateLimit(COMMAND_BURST)
    web_client = WebClient(device.port)
    yield web_client
    web_client.client.close()


@pytest.fixture
def replies(module_replies: list[Reply]) -> list[Reply]:
    """The replies that the device was sent in this test."""
    module_replies.clear()
    return module_replies


def post(client: WebClient, content: Any = REPLY, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.client.post("/api/command", json=content, headers=named)


def test_signed_in_browser_sends_a_command(client: WebClient, replies: list[Reply]) -> None:
    client.client.post("/login", data={"token": TOKEN})
    answer = post(client, origin=str(client.client.base_url))
    assert (answer.status_code, answer.json()) == (200, {"id": 5, "command": "reply", "ok": True, "error": None})
    assert replies[0].text == "أهلا بك"


def test_program_sends_a_command_with_the_token(client: WebClient, replies: list[Reply]) -> None:
    assert post(client, authorization=f"Bearer {TOKEN}").status_code == 200
    assert len(replies) == 1


def test_command_without_the_token_is_refused(client: WebClient, replies: list[Reply]) -> None:
    assert post(client).status_code == 401
    assert post(client, authorization="Bearer wrong").status_code == 401
    assert not replies


def test_page_of_another_server_sends_no_command(client: WebClient, replies: list[Reply]) -> None:
    """Another port of the same machine has the session's cookie, since it is of the same site."""
    client.client.post("/login", data={"token": TOKEN})
    assert post(client, origin="http://127.0.0.1:1").status_code == 403
    assert post(client, origin="null").status_code == 403
    assert post(client, content_type="text/plain").status_code == 415
    assert not replies


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"command": "reply", "text": "a\nb"}, "line ends"),
        ({"command": "reply", "text": "a" * 501}, "at most 500 characters"),
        ({"command": "pause"}, "accepted over MQTT alone"),
        ({"command": "reply", "text": "a" * MAX_BYTES}, "bytes at most"),
    ],
)
def test_refused_command_has_the_reason(
    content: dict[str, str], error: str, client: WebClient, device: Device, replies: list[Reply]
) -> None:
    answer = post(client, content, authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 400
    assert error in answer.json()["error"]
    assert not replies
    assert not device.status.paused


def test_flood_of_commands_is_refused(client: WebClient, replies: list[Reply]) -> None:
    answers = [post(client, authorization=f"Bearer {TOKEN}") for _ in range(COMMAND_BURST + 5)]
    assert [answer.status_code for answer in answers] == [200] * COMMAND_BURST + [400] * 5
    assert "too many commands" in answers[-1].json()["error"]
    assert len(replies) == COMMAND_BURST


def test_page_without_a_token_sends_no_command(start_device: StartDevice) -> None:
    device = start_device()
    replies: list[Reply] = []
    device.commands.register_payload(Reply, replies.append)
    client = WebClient(device.port)
    assert post(client).status_code == 403
    # Nor does the daemon believe a worker that was taken over.
    device.sink._receive(CommandMessage(1, '{"command": "reply", "text": "a"}'))
    assert not replies
    client.client.close()
