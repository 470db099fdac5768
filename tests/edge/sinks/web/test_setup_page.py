"""The set-up page before strangers: without the one-time code nothing is served but the page that asks for it."""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from edge.requests.settings import SettingsRequest
from edge.sinks.web.session import COOKIE, Sessions
from edge.sinks.web.setup_code import grouped
from tests.edge.sinks.web.client import WebClient
from tests.edge.sinks.web.page.setting_up import SetupDevice
from tests.edge.waiting import PATIENCE_S, wait_until

HIDDEN = ["/health", "/metrics", "/api/words", "/api/events", "/api/about", "/api/dictionary", "/docs"]
HIDDEN += ["/openapi.json", "/nowhere", "/", "/api/command", "/api/view", "/setup/", "//setup", "/Setup"]
COMMAND: Final = {"command": "settings", "action": "get"}
TRIES: Final = 50
EVIL: Final = "https://evil.example"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SetupDevice]:
    running = SetupDevice(tmp_path_factory.mktemp("state"))
    wait_until(lambda: WebClient(running.port, verify=False).get("/setup").status_code == 401, "the page")
    yield running
    running.stop()


@pytest.fixture
def stranger(device: SetupDevice) -> Iterator[httpx.Client]:
    with WebClient(device.port, verify=False).client as client:
        yield client


def log_in(client: httpx.Client, code: str, **headers: str) -> httpx.Response:
    return client.post("/login", data={"token": code}, headers={k.replace("_", "-"): v for k, v in headers.items()})


def raw_answer(device: SetupDevice, request: bytes) -> bytes:
    """Return the beginning of the answer to bytes that no client would send, over TLS."""
    context = ssl._create_unverified_context()
    plain = socket.create_connection(("127.0.0.1", device.port), timeout=PATIENCE_S)
    with context.wrap_socket(plain) as secure:
        secure.sendall(request)
        return secure.recv(4096)


@pytest.mark.parametrize("path", HIDDEN)
def test_nothing_is_served_without_the_code(path: str, stranger: httpx.Client) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "token" in answer.text
    assert len(answer.content) < 200


@pytest.mark.parametrize("path", ["/setup", "/live-signs"])
def test_page_asks_for_the_code_and_holds_nothing_of_the_device(
    path: str, stranger: httpx.Client, device: SetupDevice
) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    for secret in (device.code, grouped(device.code), "entrance", "karsl"):
        assert secret not in answer.text + str(answer.headers)


def test_live_page_is_the_setup_page_for_who_knows_the_code(stranger: httpx.Client, device: SetupDevice) -> None:
    answer = log_in(stranger, f" {grouped(device.code).lower()} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "setup")
    assert all(one in answer.headers["set-cookie"] for one in ("HttpOnly", "Secure", "SameSite=strict"))
    assert stranger.get("/live-signs").headers["location"] == "setup"
    assert stranger.get("/").headers["location"] == "setup"
    assert stranger.get("/setup").status_code == 200
    assert stranger.post("/api/command", json=COMMAND).json()["content"]["is_setup"] is True


@pytest.mark.parametrize("parameter", ["token", "code"])
def test_code_in_an_address_opens_nothing(parameter: str, stranger: httpx.Client, device: SetupDevice) -> None:
    for path in ("/live-signs", "/setup", "/login"):
        answer = stranger.get(f"{path}?{parameter}={device.code}")
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


def test_websocket_needs_the_code(device: SetupDevice) -> None:
    context = ssl._create_unverified_context()
    for path in ("api/view?with=picture", "live-signs"):
        url = f"wss://127.0.0.1:{device.port}/{path}"
        with pytest.raises(InvalidStatus, match="401"), connect(url, ssl=context, proxy=None):
            pass


def test_websocket_of_another_page_is_refused_although_the_browser_has_a_session(device: SetupDevice) -> None:
    context, cookie = ssl._create_unverified_context(), f"{COOKIE}={Sessions(device.code).issue()}"
    url = f"wss://127.0.0.1:{device.port}/api/view?with=picture"
    options = {"ssl": context, "proxy": None, "additional_headers": {"Cookie": cookie}}
    with connect(url, **options):  # type: ignore[arg-type]
        pass
    with pytest.raises(InvalidStatus, match="403"), connect(url, origin=Origin(EVIL), **options):  # type: ignore[arg-type]
        pass


def test_command_of_another_page_is_refused_although_the_browser_has_a_session(
    stranger: httpx.Client, device: SetupDevice
) -> None:
    log_in(stranger, device.code)
    assert stranger.post("/api/command", json=COMMAND).status_code == 200
    assert stranger.post("/api/command", json=COMMAND, headers={"Origin": EVIL}).status_code == 403
    simple = {"Content-Type": "text/plain"}  # needs no preflight, and no origin of some old browsers
    assert stranger.post("/api/command", content=b'{"command": "settings"}', headers=simple).status_code == 415


def test_answer_to_another_page_may_not_be_read_by_it(stranger: httpx.Client, device: SetupDevice) -> None:
    log_in(stranger, device.code)
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
        answer = stranger.request(method, "/api/about", headers=headers)
        assert "access-control-allow-origin" not in answer.headers


def test_foreign_name_of_this_machine_opens_nothing_and_leads_nowhere(stranger: httpx.Client) -> None:
    for name in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"X-Original-URL": "/setup"}):
        assert stranger.get("/api/about", headers=name).status_code == 401
        answer = log_in(stranger, "wrong", **{k.replace("-", "_"): v for k, v in name.items()})
        assert answer.headers["location"] == "setup#wrong"
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "for=127.0.0.1"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic aXNoYXJhOmlzaGFyYQ=="},
        {"Authorization": "Bearer None"},
        {"Cookie": f"{COOKIE}="},
        {"Cookie": f"{COOKIE}=1.{'0' * 32}.{'0' * 64}"},
        {"X-HTTP-Method-Override": "GET"},
        {"Upgrade": "websocket", "Connection": "Upgrade"},
    ],
)
def test_headers_open_nothing(headers: dict[str, str], stranger: httpx.Client) -> None:
    assert stranger.get("/api/about", headers=headers).status_code in (400, 401)


@pytest.mark.parametrize(
    "path",
    [
        b"/live-signs/assets/../../../etc/passwd",
        b"/live-signs/assets/..%2f..%2fsetup-invitation.json",
        b"/live-signs/assets/%2e%2e/%2e%2e/pages.py",
        b"/live-signs/assets//etc/passwd",
        b"/live-signs/assets/../../api/about",
        b"/live-signs/assets/..;/api/about",
        b"/api/about/live-signs/assets/",
        b"https://evil.example/live-signs/assets/../../api/about",
    ],
)
def test_path_leads_out_of_no_folder(path: bytes, device: SetupDevice) -> None:
    answer = raw_answer(device, b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert re.match(rb"HTTP/1.1 40[014] ", answer)
    for secret in (b"root:", device.code.encode(), b"entrance", b"import"):
        assert secret not in answer


def test_plain_http_is_answered_with_nothing(device: SetupDevice) -> None:
    with socket.create_connection(("127.0.0.1", device.port), timeout=PATIENCE_S) as plain:
        plain.sendall(b"GET /setup HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        try:
            answer = plain.recv(1000)
        except ConnectionResetError:
            answer = b""
    assert b"HTTP" not in answer


def test_old_tls_is_refused(device: SetupDevice) -> None:
    context = ssl._create_unverified_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    plain = socket.create_connection(("127.0.0.1", device.port), timeout=PATIENCE_S)
    with plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain)


def test_huge_bodies_are_refused(stranger: httpx.Client, device: SetupDevice) -> None:
    answer = stranger.post("/login", content=b"x" * 1_000_000 + b"&token=" + device.code.encode())
    assert "set-cookie" not in answer.headers
    assert stranger.post("/api/command", content=b"x" * 1_000_000).status_code == 401
    log_in(stranger, device.code)
    long = b'{"command": "settings", "action": "get", "id": "' + b"x" * 1_000_000 + b'"}'
    assert stranger.post("/api/command", content=long, headers={"Content-Type": "application/json"}).status_code == 400


def test_two_requests_in_one_are_not_mixed_up(device: SetupDevice) -> None:
    smuggled = b"GET /api/about HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = raw_answer(device, head + smuggled)
    assert b"200 OK" not in answer
    assert b"entrance" not in answer


def test_session_that_somebody_else_gave_is_not_the_one_after_the_login(
    stranger: httpx.Client, device: SetupDevice
) -> None:
    given = f"{int(time.time()) + 1000}.{'a' * 32}.{'b' * 64}"
    answer = log_in(stranger, device.code, Cookie=f"{COOKIE}={given}")
    assert given not in answer.headers["set-cookie"]
    other = WebClient(device.port, verify=False)
    assert other.get("/api/about", cookie=f"{COOKIE}={given}").status_code == 401


def test_page_may_not_be_framed_nor_run_scripts_of_others(stranger: httpx.Client) -> None:
    policy = stranger.get("/setup").headers["content-security-policy"]
    assert all(one in policy for one in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"))
    assert "unsafe" not in policy


def test_page_is_stored_nowhere(stranger: httpx.Client, device: SetupDevice) -> None:
    log_in(stranger, device.code)
    assert stranger.post("/api/command", json=COMMAND).headers["cache-control"] == "no-store"
    assert stranger.get("/setup").headers["cache-control"] == "no-cache"


def test_fifty_tries_slow_down_and_the_right_code_is_admitted_meanwhile(
    stranger: httpx.Client, device: SetupDevice
) -> None:
    began = time.monotonic()
    for number in range(TRIES):
        answer = log_in(stranger, f"WRNG{number:05}")
        assert answer.headers.get("location") == "setup#wrong"
        assert "set-cookie" not in answer.headers
    assert time.monotonic() - began >= TRIES * 0.1
    with WebClient(device.port, verify=False).client as owner:
        began = time.monotonic()
        assert "set-cookie" in log_in(owner, device.code).headers
        assert time.monotonic() - began < 1.0


def test_code_and_session_are_worth_nothing_once_the_device_is_set_up(tmp_path: Path) -> None:
    setting_up = SetupDevice(tmp_path / "state")
    code, session = setting_up.code, Sessions(setting_up.code).issue()
    client = WebClient(setting_up.port, verify=False)
    wait_until(lambda: client.get("/api/about", cookie=f"{COOKIE}={session}").status_code == 200, "the session")
    setting_up.stop()
    (tmp_path / "token").write_text("a token of twenty characters".replace(" ", "-"))
    device = SetupDevice(tmp_path, port=setting_up.port, token_file=tmp_path / "token")
    client = WebClient(device.port)
    assert client.get("/api/about", cookie=f"{COOKIE}={session}").status_code == 401
    assert "set-cookie" not in log_in(client.client, code).headers
    assert client.get("/api/about", authorization=f"Bearer {code}").status_code == 401
    assert client.get("/setup").status_code == 401
    device.stop()


def test_commands_of_setup_do_not_come_from_mqtt() -> None:
    from edge.commands import REMOTE_COMMANDS

    assert SettingsRequest.name not in REMOTE_COMMANDS
