"""Authentication by the token."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from edge.sinks.web.session import AGE_S, Sessions
from edge.sinks.web.token import TokenVerifier, Verification
from tests.edge.sinks.web.client import TOKEN, WebClient
from tests.edge.sinks.web.device import Device
from tests.edge.waiting import wait_until

PROTECTED = ["/health", "/metrics", "/api/words", "/api/events", "/api/about", "/docs", "/openapi.json", "/nowhere"]
PROTECTED += ["/api/dictionary", "/api/dictionary/76"]


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
    with client.view("skeleton", cookie=cookie.partition(";")[0]):
        pass


def test_cookie_neither_holds_the_token_nor_is_the_same_twice(client: WebClient) -> None:
    cookies = {client.client.post("/login", data={"token": TOKEN}).headers["set-cookie"] for _ in range(2)}
    assert len(cookies) == 2
    assert not any(TOKEN in cookie for cookie in cookies)


def test_token_is_not_accepted_as_a_cookie_and_leaves_browsers_that_kept_it(client: WebClient) -> None:
    for name in ("ishara_token", "ishara_session"):
        assert client.get("/api/words", cookie=f"{name}={TOKEN}").status_code == 401
    headers = {"cookie": f"ishara_token={TOKEN}"}
    cookies = client.client.post("/login", data={"token": TOKEN}, headers=headers).headers.get_list("set-cookie")
    assert any(one.startswith('ishara_token=""; ') and "Max-Age=0" in one for one in cookies)


@pytest.mark.parametrize(("proxy", "is_secure"), [("https", True), ("http", False), (None, False)])
def test_cookie_is_kept_to_tls_where_a_proxy_offers_it(proxy: str | None, is_secure: bool, client: WebClient) -> None:
    headers = {} if proxy is None else {"X-Forwarded-Proto": proxy}
    answer = client.client.post("/login", data={"token": TOKEN}, headers=headers)
    assert ("; Secure" in answer.headers["set-cookie"]) is is_secure


def test_session_outlives_a_restart_and_ends_with_the_token_or_after_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Sessions(TOKEN).issue()
    assert Sessions(TOKEN).is_valid(session)
    assert not Sessions(f"another {TOKEN}").is_valid(session)
    later = time.time() + AGE_S + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert not Sessions(TOKEN).is_valid(session)


def test_forged_session_is_refused() -> None:
    sessions = Sessions(TOKEN)
    expires, nonce, signature = sessions.issue().split(".")
    later = f"{int(expires) + 1}.{nonce}.{signature}"
    for forged in ("", ".", later, f"{expires}.{nonce}.{signature[:-1]}", f"{expires}.{nonce}.", f" {expires}.{nonce}"):
        assert not sessions.is_valid(forged)


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


@pytest.fixture
def guessing(device: Device) -> Iterator[dict[int, int]]:
    """Send wrong tokens from this address, many at a time; yields the number of responses by status."""
    statuses: Counter[int] = Counter()
    ending = threading.Event()

    def guess(worker: int) -> None:
        with WebClient(device.port).client as client:
            for number in count():
                if ending.is_set():
                    return
                if worker % 2:
                    response = client.get("/api/words", headers={"Authorization": f"Bearer wrong {worker} {number}"})
                else:
                    response = client.post("/login", data={"token": f"wrong {worker} {number}"})
                statuses[response.status_code] += 1

    workers = [threading.Thread(target=guess, args=(worker,)) for worker in range(30)]
    for thread in workers:
        thread.start()
    wait_until(lambda: statuses[401] > 5 and statuses[303] > 5 and statuses[429] > 5, "responses to guesses")
    yield statuses
    ending.set()
    for thread in workers:
        thread.join()


def test_guesser_locks_nobody_out(client: WebClient, guessing: dict[int, int]) -> None:
    for _ in range(10):
        assert client.get("/api/words", authorization=f"Bearer {TOKEN}").status_code == 200
        cookie = client.client.post("/login", data={"token": TOKEN}).headers["set-cookie"].partition(";")[0]
        assert client.get("/api/words", cookie=cookie).status_code == 200
        client.client.cookies.clear()
    assert guessing[200] == 0


def test_wrong_tokens_are_answered_one_after_another() -> None:
    async def send_many() -> list[Verification]:
        verifier = TokenVerifier(TOKEN)
        return await asyncio.gather(*(verifier.verify(f"guess {number}") for number in range(100)))

    began = time.monotonic()
    assert asyncio.run(send_many()) == [Verification.WRONG] * 20 + [Verification.TOO_MANY] * 80
    assert time.monotonic() - began >= 20 * 0.1
