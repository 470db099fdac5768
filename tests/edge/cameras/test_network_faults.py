"""The faults of network cameras that cannot be opened, and the pauses between attempts."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from edge.cameras import network_camera
from edge.cameras.camera import Camera, CameraLost, CameraRefused
from edge.cameras.device import Device, OpenDevice
from edge.cameras.fault_monitor import CameraTimeouts
from edge.cameras.live import LiveCamera
from edge.cameras.network_address import AddressInvalid, NetworkAddress
from edge.cameras.network_camera import NetworkCameraOpener
from edge.cameras.network_probe import request_stream
from edge.cameras.source import SourceOptions, open_camera
from edge.config import CameraConfig
from landmarkers.frame import Frame
from tests.edge.cameras.fake_device import FakeDriver
from tests.edge.cameras.fault_log import FaultLog
from tests.edge.cameras.scripted_server import BASIC, DIGEST, MakeAnswer, scripted_server, sends_login, status
from tests.edge.certificates import make_certificates
from tests.edge.ports import free_port
from tests.edge.waiting import wait_until

PAUSES = [0.1, 0.2, 0.4, 0.8, 0.8]
GIVEN = "user:S3CRET@"

Watch = Callable[[Camera], list[Frame]]


@pytest.fixture(autouse=True)
def _short_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give an attempt less time than a slow camera needs; LiveCamera abandons one that takes too long."""
    assert CameraTimeouts().abandon_after_s > network_camera._LIMIT_S
    monkeypatch.setattr(network_camera, "_LIMIT_S", 1.5)


def reason(address: str) -> str:
    """Return the sentence with which a camera is lost."""
    with pytest.raises(CameraLost) as lost:
        next(iter(open_camera(address, SourceOptions()).frames()))
    sentence = str(lost.value)
    assert "S3CRET" not in sentence
    assert "plugged in" not in sentence
    return sentence


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
@pytest.mark.parametrize(
    ("answer", "credentials", "words"),
    [
        (status("401 Unauthorized", BASIC), GIVEN, "refuses the user name or password (401)"),
        (status("401 Unauthorized", DIGEST), GIVEN, "refuses the user name or password (401)"),
        (status("401 Unauthorized", BASIC), "", "asks for a user name and password (401)"),
        (status("401 Unauthorized", "WWW-Authenticate: Negotiate"), GIVEN, "a kind of login that is unknown here"),
        (status("403 Forbidden"), GIVEN, "denies access to the stream (403)"),
        (status("404 Not Found"), GIVEN, "has no stream of this path (404)"),
        (status("302 Found", "Location: http://user:S3CRET@elsewhere/"), GIVEN, "points to another address (302)"),
        (status("503 Service Unavailable"), GIVEN, "answers with the status 503"),
        (status("200 OK", "Content-Type: text/html", body="<p>hello"), GIVEN, "sends a page (text/html)"),
        (status("200 OK", "Content-Type: video/x"), GIVEN, "sends no video that can be read"),
        (lambda _: b"SSH-2.0-OpenSSH_9.2\r\n", GIVEN, "does not speak {protocol}"),
        (status("404 Not Found", f"Content-Length: {'9' * 5000}"), GIVEN, "has no stream of this path (404)"),
        (status("401 No", "WWW-Authenticate: Digest realm=,=,nonce"), GIVEN, "refuses the user name or password"),
        (lambda _: b"", GIVEN, "does not speak {protocol}"),
        (lambda _: b"\x00\xff" * 100_000, GIVEN, "does not speak {protocol}"),
    ],
)
def test_refusal_is_named_with_status_and_host(scheme: str, answer: MakeAnswer, credentials: str, words: str) -> None:
    with scripted_server(answer) as server:
        sentence = reason(f"{scheme}://{credentials}127.0.0.1:{server.port}/live?key=S3CRET")
    assert f"the camera at {scheme}://127.0.0.1:{server.port} " in sentence
    assert words.format(protocol=scheme.upper()) in sentence


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http", "https"])
def test_closed_port_is_named(scheme: str) -> None:
    port = free_port()
    sentence = reason(f"{scheme}://{GIVEN}127.0.0.1:{port}/live")
    assert f"the camera at {scheme}://127.0.0.1:{port} refuses the connection" in sentence


@pytest.mark.parametrize("scheme", ["rtsp", "https"])
def test_unknown_host_is_named(scheme: str) -> None:
    sentence = reason(f"{scheme}://{GIVEN}no-such-camera.invalid/live")
    assert f"the camera at {scheme}://no-such-camera.invalid cannot be found" in sentence


@pytest.mark.parametrize("scheme", ["rtsps", "https"])
def test_refusal_is_named_through_encryption_whatever_the_certificate(scheme: str, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.device, certificates.device_key)
    with scripted_server(status("401 Unauthorized", DIGEST), tls) as server:
        sentence = reason(f"{scheme}://{GIVEN}127.0.0.1:{server.port}/live")
    assert "refuses the user name or password (401)" in sentence


@pytest.mark.parametrize("scheme", ["rtsps", "https"])
def test_camera_without_encryption_is_named(scheme: str) -> None:
    with scripted_server(status("200 OK")) as server:
        server.serve = lambda client: client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")  # type: ignore[method-assign]
        sentence = reason(f"{scheme}://{GIVEN}127.0.0.1:{server.port}/")
    assert "offers no encryption (TLS) that works here" in sentence


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_camera_that_never_answers_is_named_in_time(scheme: str) -> None:
    began = time.monotonic()
    with scripted_server(lambda _: None) as server:
        sentence = reason(f"{scheme}://{GIVEN}127.0.0.1:{server.port}/")
    assert "does not answer" in sentence
    assert time.monotonic() - began < 3.0


def test_name_server_that_never_answers_is_named_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_camera, "_NAME_S", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(0.5))
    assert "cannot be found, because no name server answers" in reason(f"rtsp://{GIVEN}camera.example/live")


def test_separators_in_a_password_are_explained() -> None:
    with pytest.raises(AddressInvalid, match="write @ as %40") as refused:
        open_camera("rtsp://user:S3/CRET@camera.local/live", SourceOptions())
    assert "rtsp://camera.local" in str(refused.value)
    sentence = reason("rtsp://user:1/S3CRET@127.0.0.1/live")
    assert "cannot be found" in sentence
    assert "write @ as %40, / as %2F" in sentence


@pytest.mark.parametrize("address", ["rtsp://", "rtsp:///live", "http://user:S3CRET@/live", "http://[::1/S3CRET"])
def test_address_without_a_host_is_refused_at_once(address: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        open_camera(address, SourceOptions())
    assert "S3CRET" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
@pytest.mark.parametrize("quality", ["", ', qop="auth,auth-int", opaque="o"'])
def test_cause_behind_a_login_is_found(scheme: str, quality: str) -> None:
    def answer(head: str) -> bytes | None:
        is_right = sends_login(head, "us:er", "p@ss wörd")
        return (status("404 Not Found") if is_right else status("401 Unauthorized", DIGEST + quality))(head)

    with scripted_server(answer) as server:
        address = NetworkAddress.parse(f"{scheme}://us%3Aer:p%40ss%20w%C3%B6rd@127.0.0.1:{server.port}/a?b=c")
        assert address is not None
        assert request_stream(address, time.monotonic() + 3.0).status == 404


def retrying(open_device: OpenDevice, faults: FaultLog) -> LiveCamera:
    timeouts = CameraTimeouts(retry_s=0.1, longest_retry_s=0.8, stable_after_s=0.4)
    report = faults.report
    return LiveCamera("c", open_device, CameraConfig(), reconnect=True, report_fault=report, timeouts=timeouts)


def assert_pauses(times: list[float], expected: list[float]) -> None:
    """Check the pauses between attempts, which a busy machine lengthens."""
    for (earlier, later), pause in zip(pairwise(times), expected, strict=False):
        assert pause <= later - earlier < pause + 0.6, (times, expected)


def test_refusing_camera_is_tried_more_and_more_rarely_with_one_login_each_time(watch: Watch, faults: FaultLog) -> None:
    logins: list[float] = []
    refuse = status("401 Unauthorized", BASIC)

    def answer(head: str) -> bytes | None:
        if "Authorization: " in head:
            logins.append(time.monotonic())
        return refuse(head)

    with scripted_server(answer) as server:
        address = NetworkAddress.parse(f"http://{GIVEN}127.0.0.1:{server.port}/")
        assert address is not None
        watch(retrying(NetworkCameraOpener(address, CameraConfig()).open, faults))
        wait_until(lambda: len(logins) >= 7, "attempts")
    # FFmpeg's and the first question come at once; later there are only questions.
    assert_pauses(logins[1:], PAUSES)
    assert [fault for _, fault in faults.changes if fault] == [faults.fault]


class Attempts:
    """Opens a camera that does at each attempt what a test says, and remembers when."""

    def __init__(self, *outcomes: CameraLost | float) -> None:
        """Each attempt raises an error, or delivers images for so many seconds."""
        self._outcomes = list(outcomes)
        self.at: list[float] = []

    def open(self) -> Device:
        self.at.append(time.monotonic())
        outcome = self._outcomes.pop(0) if self._outcomes else CameraLost("over")
        if isinstance(outcome, CameraLost):
            raise outcome
        driver = FakeDriver()
        threading.Timer(outcome, partial(setattr, driver, "is_present", False)).start()
        return driver.open()


REFUSED = CameraRefused("refused")


@pytest.mark.parametrize(
    ("outcomes", "pauses"),
    [
        ([REFUSED] * 6, PAUSES),
        ([CameraLost("absent")] * 4, [0.1] * 4),
        # A camera that worked for a while is tried quickly again; one that worked for a moment is not.
        ([REFUSED] * 3 + [0.8, REFUSED, REFUSED], [0.1, 0.2, 0.4, 0.8 + 0.1, 0.1, 0.2]),
        ([REFUSED] * 3 + [0.1, REFUSED, REFUSED], [0.1, 0.2, 0.4, 0.1 + 0.1, 0.8, 0.8]),
    ],
)
def test_pauses_between_attempts(
    outcomes: list[CameraLost | float], pauses: list[float], watch: Watch, faults: FaultLog
) -> None:
    attempts = Attempts(*outcomes)
    watch(retrying(attempts.open, faults))
    wait_until(lambda: len(attempts.at) > len(pauses), "attempts")
    assert_pauses(attempts.at, pauses)
