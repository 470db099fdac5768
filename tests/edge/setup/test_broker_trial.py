"""Tries a real Mosquitto in each of the ways in which a first connection fails."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from edge.config import MqttConfig
from edge.requests import BrokerAccess
from edge.setup.broker_request import access_json, section_json
from edge.setup.broker_trial import try_broker
from edge.setup.state import TrialOutcome, TrialResult
from models.subprocess_probe import run_python
from tests.edge.certificates import Certificates, make_certificates
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port

DEVICE = "entrance"
PASSWORD = "kalimat-sirr-7"
ACL = f"user reader\ntopic write ishara/{DEVICE}/#\nuser guest\ntopic read #\n"


@contextmanager
def running(broker: Mosquitto) -> Iterator[Mosquitto]:
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def outcome(port: int, host: str = "127.0.0.1", **access: Any) -> TrialOutcome:
    return try_broker(access_json(BrokerAccess(host=host, port=port, **access), DEVICE))[0]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with running(Mosquitto(tmp_path_factory.mktemp("plain"))) as broker:
        yield broker


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with running(Mosquitto(tmp_path_factory.mktemp("guarded"), user=("reader", PASSWORD), acl=ACL)) as broker:
        yield broker


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Mosquitto]:
    with running(Mosquitto(tmp_path_factory.mktemp("encrypted"), tls=certificates)) as broker:
        yield broker


def test_broker_that_accepts_everybody_and_whoever_listens_there_gets_no_word(plain: Mosquitto) -> None:
    listener = Listener(plain.port, "trial", clean=True)
    assert outcome(plain.port) is TrialOutcome.OK
    assert listener.on("word", "utterance", "status", "health") == []


def test_nobody_listens() -> None:
    assert outcome(free_port()) is TrialOutcome.REFUSED


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64 + ".example"])
def test_unknown_host(host: str) -> None:
    assert outcome(1883, host) is TrialOutcome.UNKNOWN_HOST


def test_right_password(guarded: Mosquitto) -> None:
    assert outcome(guarded.port, username="reader", password=SecretStr(PASSWORD)) is TrialOutcome.OK


@pytest.mark.parametrize(
    "login",
    [{}, {"username": "reader"}, {"username": "reader", "password": SecretStr("x")}, {"username": "nobody"}],
)
def test_wrong_login(guarded: Mosquitto, login: dict[str, Any]) -> None:
    assert outcome(guarded.port, **login) is TrialOutcome.WRONG_LOGIN


def test_user_may_not_publish(tmp_path: Path) -> None:
    acl = "user reader\ntopic write elsewhere/#\n"
    with running(Mosquitto(tmp_path, user=("reader", PASSWORD), acl=acl)) as broker:
        assert outcome(broker.port, username="reader", password=SecretStr(PASSWORD)) is TrialOutcome.NOT_AUTHORISED


def test_tls_with_its_authority(encrypted: Mosquitto, certificates: Certificates) -> None:
    assert outcome(encrypted.port, tls=True, ca=certificates.authority.read_text()) is TrialOutcome.OK


def test_certificate_that_nobody_here_trusts(encrypted: Mosquitto) -> None:
    assert outcome(encrypted.port, tls=True) is TrialOutcome.CERTIFICATE_NOT_TRUSTED


def test_certificate_of_another_host(encrypted: Mosquitto, certificates: Certificates) -> None:
    access: dict[str, Any] = {"tls": True, "ca": certificates.authority.read_text()}
    assert outcome(encrypted.port, "localhost", **access) is TrialOutcome.CERTIFICATE_OF_OTHER_HOST


def test_authority_that_is_none(encrypted: Mosquitto) -> None:
    assert outcome(encrypted.port, tls=True, ca="no certificate") is TrialOutcome.CA_INVALID


def test_port_that_speaks_tls_alone(encrypted: Mosquitto) -> None:
    assert outcome(encrypted.port) is TrialOutcome.TLS_REQUIRED


def test_port_without_tls(encrypted: Mosquitto, certificates: Certificates) -> None:
    access: dict[str, Any] = {"tls": True, "ca": certificates.authority.read_text()}
    assert outcome(encrypted.plain_port, **access) is TrialOutcome.NO_TLS


def test_broker_that_wants_a_certificate(tmp_path: Path, certificates: Certificates) -> None:
    with running(Mosquitto(tmp_path, tls=certificates, require_certificate=True)) as broker:
        access: dict[str, Any] = {"tls": True, "ca": certificates.authority.read_text()}
        assert outcome(broker.port, **access) is TrialOutcome.CERTIFICATE_WANTED


def test_something_that_is_no_broker() -> None:
    with _server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert outcome(port) is TrialOutcome.NO_BROKER


def test_broker_of_the_configuration_with_its_own_password(guarded: Mosquitto, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    config = MqttConfig(host="127.0.0.1", port=guarded.port, username="reader", password_file=password)
    assert try_broker(section_json(config, DEVICE))[0] is TrialOutcome.OK
    password.unlink()
    assert try_broker(section_json(config, DEVICE))[0] is TrialOutcome.NO_CONFIGURATION


def test_process_says_what_came_of_it_and_never_the_password(guarded: Mosquitto) -> None:
    access = BrokerAccess(host="127.0.0.1", port=guarded.port, username="reader", password=SecretStr(f"{PASSWORD}-x"))
    assert PASSWORD not in repr(access)
    result = run_python(["-m", "edge.setup", "broker"], stdin=access_json(access, DEVICE))
    assert result.succeeded
    assert TrialResult.model_validate_json(result.text).outcome is TrialOutcome.WRONG_LOGIN
    assert PASSWORD not in result.text


@contextmanager
def _server(answer: bytes) -> Iterator[int]:
    """Serve an answer to whatever is said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    opened, _ = listener.accept()
                except OSError:
                    return
                with opened:
                    opened.recv(4096)
                    opened.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
