"""Who may ask where a token is wanted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from edge.sinks.web.token import TokenVerifier, Verification
from tests.edge.sinks.web.client import TOKEN, WebClient
from tests.edge.sinks.web.device import Device

CLOSED = ["/health", "/metrics", "/api/words", "/api/events", "/api/about", "/docs", "/openapi.json", "/nowhere"]


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("secrets") / "token"
    file.write_text(f"{TOKEN}\n")
    return file


@pytest.fixture(scope="module")
def device(token_file: Path) -> Iterator[Device]:
    """One that others reach as well."""
    on = Device(address="0.0.0.0", token_file=token_file)
    yield on
    on.stop()


@pytest.fixture
def ask(device: Device) -> Iterator[WebClient]:
    asker = WebClient(device.port)
    yield asker
    asker.client.close()


@pytest.mark.parametrize("path", CLOSED)
def test_without_the_token_nothing_is_told(path: str, ask: WebClient) -> None:
    assert ask.get(path).status_code == 401


def test_without_the_token_the_page_asks_for_it(ask: WebClient) -> None:
    page = ask.get("/live-signs")
    assert page.status_code == 401
    assert 'name="token"' in page.text
    assert ask.get("/live-signs/assets/icon.svg").status_code == 200


def test_the_token_is_shown_as_a_bearer(ask: WebClient) -> None:
    for path in CLOSED[:3]:
        assert ask.get(path, authorization=f"Bearer {TOKEN}").status_code == 200
    with ask.view("skeleton", authorization=f"Bearer {TOKEN}"):
        pass


def test_views_want_the_token_as_well(ask: WebClient) -> None:
    with pytest.raises(InvalidStatus, match="401"), ask.view("skeleton"):
        pass


def test_who_logs_in_is_known_from_then_on(ask: WebClient) -> None:
    answer = ask.client.post("/login", data={"username": "ishara", "token": f" {TOKEN} "})
    assert (answer.status_code, answer.headers["location"]) == (303, "live-signs")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert ask.get("/live-signs").status_code == 200
    assert ask.get("/api/words").status_code == 200
    with ask.view("skeleton", cookie=f"ishara_token={TOKEN}"):
        pass


def test_an_address_with_the_token_logs_in_and_leaves_it_out(ask: WebClient) -> None:
    answer = ask.get(f"/live-signs?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "live-signs")
    assert ask.get("/live-signs").status_code == 200


def test_a_form_that_is_too_long_to_hold_a_token_holds_none(ask: WebClient) -> None:
    answer = ask.client.post("/login", content=f"padding={'x' * 100_000}&token={TOKEN}".encode())
    assert (answer.status_code, answer.headers["location"]) == (303, "live-signs#wrong")


def test_other_pages_ask_for_leave_without_the_token(ask: WebClient) -> None:
    headers = {"Origin": "https://other.example", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in ask.client.options("/api/words", headers=headers).headers


def test_a_wrong_token_is_told_and_after_many_none_is_looked_at(token_file: Path) -> None:
    device = Device(token_file=token_file)
    with WebClient(device.port).client as client:
        wrong = [client.post("/login", data={"token": f"wrong {number}"}) for number in range(5)]
        assert {(one.status_code, one.headers["location"]) for one in wrong} == {(303, "live-signs#wrong")}
        assert "set-cookie" not in wrong[0].headers
        refused = client.get("/api/words", headers={"Authorization": f"Bearer {TOKEN}"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    device.stop()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_wrong_token_makes_the_next_one_wait_longer_until_it_is_forgotten() -> None:
    clock = Clock()
    lock = TokenVerifier(TOKEN, clock)
    waits = []
    for number in range(11):
        waits.append(lock.verify(f"guess {number}", "there").wait_s)
        clock.now += waits[-1]
        lock.verify(f"guess {number}", "there")
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 10, 10]
    assert lock.verify(TOKEN, "there").wait_s == 10
    assert lock.verify(TOKEN, "elsewhere").is_valid
    clock.now += 601.0
    assert lock.verify(TOKEN, "there").is_valid


def test_a_page_left_open_with_the_token_of_yesterday_locks_nobody_out() -> None:
    lock = TokenVerifier(TOKEN, Clock())
    for number in range(100):
        assert lock.verify("the token of yesterday", "there") == Verification()
        assert number < 2 or lock.verify(TOKEN, "there").is_valid


def test_of_many_addresses_the_newest_are_remembered() -> None:
    lock = TokenVerifier(TOKEN, Clock())
    for number in range(5):
        lock.verify(f"guess {number}", "first")
    assert lock.verify(TOKEN, "first").wait_s > 0
    for number in range(1000):
        lock.verify("guess", f"address {number}")
    assert lock.verify(TOKEN, "first").is_valid
