"""TLS to a real broker, and the error sentences when it fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import ConfigInvalid, MqttConfig
from edge.doctor.probes import BrokerUnreachable, probe_broker
from edge.monitoring.status import Component
from edge.sinks.mqtt.broker_settings import BrokerSettings
from tests.edge.certificates import Certificates, encrypt_key, make_certificates
from tests.edge.mosquitto import Mosquitto, listening
from tests.edge.waiting import wait_until
from tests.edge.word_publisher import open_sink, word

NewBroker = Callable[..., Mosquitto]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def foreign_certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates that another authority has signed."""
    return make_certificates(tmp_path_factory.mktemp("foreign"))


def over_tls(broker: Mosquitto, authority: Path | None, device: Certificates | None = None) -> MqttConfig:
    files = {"ca_file": authority}
    if device is not None:
        files |= {"certificate_file": device.device, "key_file": device.device_key}
    return broker.config.model_copy(update={"tls": True, **files})


def fault_of(config: MqttConfig, outbox: Path) -> str:
    """Return the fault that the daemon reports for the broker."""
    sink, status, words = open_sink(config, outbox)
    try:
        wait_until(lambda: Component.BROKER in status.faults, "the fault")
        return status.faults[Component.BROKER]
    finally:
        sink.close()
        words.close()


@pytest.mark.parametrize("require_certificate", [False, True])
def test_words_are_published_over_tls(
    require_certificate: bool, certificates: Certificates, new_broker: NewBroker, tmp_path: Path
) -> None:
    broker = new_broker(tls=certificates, require_certificate=require_certificate)
    broker.start()
    config = over_tls(broker, certificates.authority, certificates if require_certificate else None)
    assert probe_broker(config.model_dump_json()) == f"the broker 127.0.0.1:{broker.port} accepts this device"
    with listening(broker) as listener:
        sink, status, _ = open_sink(config, tmp_path / "outbox")
        sink.emit(word(1))
        listener.wait_until(lambda: len(listener.on("word")) == 1)
        sink.close()
    assert status.faults == {}


def test_certificate_of_another_authority_is_not_trusted(
    certificates: Certificates, foreign_certificates: Certificates, new_broker: NewBroker, tmp_path: Path
) -> None:
    broker = new_broker(tls=certificates)
    broker.start()
    config = over_tls(broker, foreign_certificates.authority)
    assert "cannot be reached: its certificate is not trusted: " in fault_of(config, tmp_path / "outbox")
    with pytest.raises(BrokerUnreachable, match="its certificate is not trusted"):
        probe_broker(config.model_dump_json())


def test_broker_that_requires_another_certificate_is_reported(
    certificates: Certificates, foreign_certificates: Certificates, new_broker: NewBroker, tmp_path: Path
) -> None:
    broker = new_broker(tls=certificates, require_certificate=True)
    broker.start()
    for device in (None, foreign_certificates):
        config = over_tls(broker, certificates.authority, device)
        assert "closes the connection without an answer" in fault_of(config, tmp_path / "outbox")
        with pytest.raises(BrokerUnreachable, match="does not answer as an MQTT broker does"):
            probe_broker(config.model_dump_json())


def test_broker_without_tls_is_reported(broker: Mosquitto, tmp_path: Path) -> None:
    assert f"the broker 127.0.0.1:{broker.port} cannot be reached: " in fault_of(
        over_tls(broker, None), tmp_path / "outbox"
    )


@pytest.mark.parametrize("key", ["ca_file", "certificate_file", "key_file"])
@pytest.mark.parametrize("content", [None, "no PEM"])
def test_unusable_file_is_named(
    key: str, content: str | None, certificates: Certificates, broker: Mosquitto, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.pem"
    if content is not None:
        bad.write_text(content)
    config = over_tls(broker, certificates.authority, certificates).model_copy(update={key: bad})
    with pytest.raises(ConfigInvalid, match=r"^mqtt\.\w+_file \S+ ") as refused:
        BrokerSettings.read(config)
    assert "\n" not in str(refused.value)
    if content is None:
        assert f"mqtt.{key} {bad} cannot be read: No such file" in str(refused.value)


def test_encrypted_key_is_refused_without_asking_for_a_password(
    certificates: Certificates, broker: Mosquitto, tmp_path: Path
) -> None:
    encrypted = tmp_path / "encrypted.key"
    encrypt_key(certificates.device_key, encrypted)
    config = over_tls(broker, certificates.authority, certificates).model_copy(update={"key_file": encrypted})
    with pytest.raises(ConfigInvalid, match="the key is encrypted"):
        BrokerSettings.read(config)
