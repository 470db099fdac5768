"""Connecting to a broker, and shutting down while it does not answer."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import MqttConfig
from edge.monitoring.status import Component, DeviceStatus
from edge.sinks.mqtt.session import Session
from edge.sinks.mqtt.sink import MqttSink
from tests.edge import word_publisher
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import is_asked
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.waiting import wait_until
from tests.edge.word_publisher import word

SHUTDOWN_S = 2.0


def seconds_to_close(sink: MqttSink) -> float:
    started_at = time.monotonic()
    sink.close()
    return time.monotonic() - started_at


def test_refusal_is_logged_once_with_its_reason(
    new_broker: Callable[..., Mosquitto],
    open_sink: OpenSink,
    caplog: pytest.LogCaptureFixture,
    status: DeviceStatus,
    tmp_path: Path,
) -> None:
    broker = new_broker(user=("entrance", "right"))
    broker.start()
    (tmp_path / "password").write_text("wrong\n")
    open_sink(broker.config.model_copy(update={"username": "entrance", "password_file": tmp_path / "password"}))
    wait_until(lambda: broker.log.count("not authorised") >= 2, "a second refusal")
    logged = [message for message in caplog.messages if "broker" in message]
    assert logged == [
        f"the broker 127.0.0.1:{broker.port} refuses this device: Not authorized; trying again until it is back"
    ]
    assert status.faults == {
        Component.BROKER: f"the broker 127.0.0.1:{broker.port} refuses this device: Not authorized"
    }


def test_invalid_host_name_is_reported(open_sink: OpenSink, status: DeviceStatus) -> None:
    open_sink(MqttConfig(host="broker..example"))
    wait_until(lambda: Component.BROKER in status.faults, "the fault")
    assert "cannot be reached: broker..example is not a valid host name" in status.faults[Component.BROKER]


def test_right_password_connects(
    new_broker: Callable[..., Mosquitto], open_sink: OpenSink, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    broker = new_broker(user=("entrance", "right words"))
    broker.start()
    (tmp_path / "password").write_text("right words\n")
    open_sink(broker.config.model_copy(update={"username": "entrance", "password_file": tmp_path / "password"}))
    wait_until(lambda: f"connected to the broker 127.0.0.1:{broker.port}" in caplog.messages, "the connection")


def test_hanging_broker_does_not_delay_the_shutdown(broker: Mosquitto, listener: Listener, open_sink: OpenSink) -> None:
    sink = open_sink(broker.config)
    listener.wait_for_status("online")
    broker.freeze()
    for seq in range(1, 31):
        sink.emit(word(seq))
    assert seconds_to_close(sink) < SHUTDOWN_S
    broker.thaw()
    listener.wait_for_status("offline")


def test_unanswered_connection_does_not_delay_the_shutdown(
    open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as first:
        address = server.getsockname()
        first.connect(address)  # fills the queue of connections that nobody takes
        sink = open_sink(MqttConfig(host="127.0.0.1", port=address[1]))
        wait_until(lambda: is_asked(address[1]), "an attempt to connect")
        assert seconds_to_close(sink) < SHUTDOWN_S


def test_client_with_the_same_name_is_named_as_the_cause_and_retried_rarely(
    broker: Mosquitto, open_sink: OpenSink, status: DeviceStatus, tmp_path: Path
) -> None:
    open_sink(broker.config)
    sink, other, outbox = word_publisher.open_sink(broker.config, tmp_path / "other-outbox")
    cause = "another client seems to use the name entrance"
    wait_until(lambda: cause in str(status.faults) + str(other.faults), "the cause")
    time.sleep(3.0)
    assert broker.log.count("New client connected") <= 6
    sink.close()
    outbox.close()


@pytest.mark.parametrize(
    "garbage",
    [
        bytes.fromhex("32 0a 00 02 ff fe 00 01 00 61 62 63"),  # a topic that is not UTF-8
        bytes.fromhex("30 06 00 01 61 ff ff ff"),  # properties without an end
        bytes.fromhex("90 02 00 01"),  # a SUBACK without reason codes
        bytes.fromhex("00 00"),
    ],
)
def test_broker_that_sends_garbage_is_reported_and_connected_again(
    garbage: bytes, open_sink: OpenSink, status: DeviceStatus
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        open_sink(MqttConfig(host="127.0.0.1", port=server.getsockname()[1]))
        for _ in range(2):
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(bytes.fromhex("20 03 00 00 00") + garbage)
                wait_until(lambda: Component.BROKER in status.faults, "the fault")


def test_unforeseen_exception_is_reported_and_the_publisher_started_again(
    broker: Mosquitto,
    listener: Listener,
    open_sink: OpenSink,
    status: DeviceStatus,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: Session) -> None:
        monkeypatch.undo()
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr(Session, "publish_due", fail)
    sink = open_sink(broker.config)
    wait_until(lambda: "MQTT failed unexpectedly: RecursionError" in str(status.faults), "the fault")
    assert "Traceback" in caplog.text
    sink.emit(word(1))
    listener.wait_until(lambda: len(listener.on("word")) == 1)


def test_packet_above_the_announced_limit_ends_the_connection_unread(open_sink: OpenSink, status: DeviceStatus) -> None:
    packet = bytes.fromhex("30 80 e5 9a 77") + bytes(100_000)  # PUBLISH of 250 MB
    with socket.create_server(("127.0.0.1", 0)) as server:
        open_sink(MqttConfig(host="127.0.0.1", port=server.getsockname()[1]))
        client, _ = server.accept()
        with client:
            client.recv(1000)
            client.sendall(bytes.fromhex("20 03 00 00 00") + packet)
            wait_until(lambda: Component.BROKER in status.faults, "the fault")
            assert "a packet of 250000000 bytes, above the limit" in status.faults[Component.BROKER]
