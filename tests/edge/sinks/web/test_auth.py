"""Authentication by the token."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from edge.sinks.web.token import TokenVerifier, Verification
from tests.edge.sinks.web.client import TOKEN, WebClient
from tests.edge.sinks.web.device import Device

PROTECTED = ["/health", "/metrics", "/api/words", "/api/events", "/api/about", "/docs", "/openapi.json", "/nowhere"]


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("secrets") / "token"
    file.write_text(f"{TOKEN}\n")
    return file


@pytest.fixture(scope="module")
def device(token_file: Path) -> Iterator[Device]:
    """A device that other machines reach."""
    running = Device(address="0.0.0.0", token_file=token_file)
    yield running
    running.stop()


@pytest.fixture
def client(device: Device) -> Iterator[WebClient]:
    web_client = WebClient(device.port)
    yield web_client
    web_client.client.close()


@pytest.mark.parametrize("path", PROTECTED)
def test_requests_without_the_token_are_refused(path: str, client: WebClient) -> None:
    assert client.get(path).status_code == 401


def test_page_without_the_token_is_the_login_page(client: WebClient) -> None:
    page = client.get("/live-signs")
    assert page.status_code == 401
    assert 'name="token"' in page.text
    assert client.get("/live-signs/assets/icon.svg").status_code == 200


def test_bearer_token_is_accepted(client: WebClient) -> None:
    for path in PROTECTED[:3]:
        assert client.get(path, authorization=f"Bearer {TOKEN}").status_code == 200
    with client.view("skeleton", authorization=f"Bearer {TOKEN}"):
        pass


def test_views_without_the_token_are_refused(client: WebClient) -> None:
    with pytest.raises(InvalidStatus, match="401"), client.view("skeleton"):
        pass


def test_login_sets_the_cookie(client: WebClient) -> None:
    answer = client.client.post("/login", data={"username": "ishara", "token": f" {TOKEN} "})
    assert (answer.status_code, answer.headers["location"]) == (303, "live-signs")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/live-signs").status_code == 200
    assert client.get("/api/words").status_code == 200
    with client.view("skeleton", cookie=f"ishara_token={TOKEN}"):
        pass


def test_address_with_the_token_logs_in_and_redirects_without_it(client: WebClient) -> None:
    answer = client.get(f"/live-signs?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "live-signs")
    assert client.get("/live-signs").status_code == 200


def test_too_long_form_is_refused(client: WebClient) -> None:
    answer = client.client.post("/login", content=f"padding={'x' * 100_000}&token={TOKEN}".encode())
    assert (answer.status_code, answer.headers["location"]) == (303, "live-signs#wrong")


def test_preflight_request_needs_no_token(client: WebClient) -> None:
    headers = {"Origin": "https://other.example", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in client.client.options("/api/words", headers=headers).headers


def test_many_wrong_tokens_lock_the_client_out(token_file: Path) -> None:
    device = Device(token_file=token_file)
    with WebClient(device.port).client as client:
        wrong = [client.post("/login", data={"token": f"wrong {number}"}) for number in range(5)]
        assert {(response.status_code, response.headers["location"]) for response in wrong} == {
            (303, "live-signs#wrong")
        }
        assert "set-cookie" not in wrong[0].headers
        refused = client.get("/api/words", headers={"Authorization": f"Bearer {TOKEN}"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    device.stop()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_delay_grows_with_each_wrong_token_until_it_is_reset() -> None:
    clock = Clock()
    verifier = TokenVerifier(TOKEN, clock)
    waits = []
    for number in range(11):
        waits.append(verifier.verify(f"guess {number}", "client").wait_s)
        clock.now += waits[-1]
        verifier.verify(f"guess {number}", "client")
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 10, 10]
    assert verifier.verify(TOKEN, "client").wait_s == 10
    assert verifier.verify(TOKEN, "other client").is_valid
    clock.now += 601.0
    assert verifier.verify(TOKEN, "client").is_valid


def test_repeated_wrong_token_locks_nobody_out() -> None:
    verifier = TokenVerifier(TOKEN, Clock())
    for number in range(100):
        assert verifier.verify("the outdated token", "client") == Verification()
        assert number < 2 or verifier.verify(TOKEN, "client").is_valid


def test_latest_of_many_clients_are_remembered() -> None:
    verifier = TokenVerifier(TOKEN, Clock())
    for number in range(5):
        verifier.verify(f"guess {number}", "first")
    assert verifier.verify(TOKEN, "first").wait_s > 0
    for number in range(1000):
        verifier.verify("guess", f"address {number}")
    assert verifier.verify(TOKEN, "first").is_valid
