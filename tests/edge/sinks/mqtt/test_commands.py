"""Commands that arrive over MQTT."""

import json
from queue import SimpleQueue

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.monitoring.health import Health
from edge.monitoring.status import DeviceStatus
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.waiting import PATIENCE_S, wait_until


def test_command_is_executed_and_answered(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, status: DeviceStatus
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    listener.publish("ishara/entrance/command", '{"command": "pause", "id": "a1"}')
    listener.wait_until(lambda: len(listener.on("response")) == 1)
    assert status.paused
    listener.wait_until(lambda: Health.model_validate_json(listener.on("health")[-1].payload).paused)
    for command in ("resume", "dance", "x" * 5000, b"\xff"):
        listener.publish("ishara/entrance/command", command)
    listener.wait_until(lambda: len(listener.on("response")) == 5)
    answers = [json.loads(message.payload) for message in listener.on("response")]
    assert [answer["ok"] for answer in answers] == [True, True, False, False, False]
    assert (answers[0]["id"], answers[0]["command"]) == ("a1", "pause")
    assert not status.paused


@pytest.mark.parametrize(
    "command",
    [
        '{"command": "pause", "id": ' + "9" * 900 + "}",
        "[" * 1000,
        '{"command": "pause", "id": "\\ud800"}',
        '{"command": "\\ud800"}',
        b"\xff\xfe\x00",
        "",
    ],
)
def test_invalid_command_is_answered_and_the_next_one_executed(
    command: str | bytes, broker: Mosquitto, listener: Listener, open_sink: OpenSink, status: DeviceStatus
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    listener.publish("ishara/entrance/command", command)
    listener.publish("ishara/entrance/command", "pause")
    listener.wait_until(lambda: len(listener.on("response")) == 2)
    answers = [json.loads(message.payload) for message in listener.on("response")]
    assert [answer["ok"] for answer in answers] == [False, True]
    assert status.faults == {}


@pytest.mark.parametrize(
    ("wanted", "used"),
    [
        ("clinic/answers/7", "clinic/answers/7"),
        ("ishara/entrance/word", "ishara/entrance/response"),
        ("ishara/entrance/command", "ishara/entrance/response"),
        ("$SYS/broker", "ishara/entrance/response"),
        ("clinic/#", "ishara/entrance/response"),
    ],
)
def test_response_goes_to_the_response_topic_with_the_correlation_data(
    wanted: str, used: str, broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    received: SimpleQueue[paho.MQTTMessage] = SimpleQueue()
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic, properties.CorrelationData = wanted, b"\x00\xff7"

    def send(client: paho.Client, *_: object) -> None:
        client.publish("ishara/entrance/command", "pause", properties=properties)

    def subscribe(client: paho.Client, *_: object) -> None:
        client.subscribe("#")

    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_connect = subscribe
    client.on_subscribe = send
    client.on_message = lambda _client, _data, message: received.put(message)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        while (message := received.get(timeout=PATIENCE_S)).retain or b'"ok"' not in message.payload:
            pass
        assert message.topic == used
        assert getattr(message.properties, "CorrelationData", None) == b"\x00\xff7"
    finally:
        client.disconnect()
        client.loop_stop()


def test_command_from_before_the_connection_is_ignored(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, status: DeviceStatus
) -> None:
    sink = open_sink(broker.config)
    listener.wait_for_status("online")
    sink.close()
    listener.wait_for_status("offline")
    listener.publish("ishara/entrance/command", "pause")
    listener.publish("ishara/entrance/command", "pause", retain=True)
    listener.wait_until(lambda: len(listener.on("command")) == 2)
    open_sink(broker.config)
    listener.wait_for_status("online")
    listener.publish("ishara/entrance/command", "resume")
    listener.wait_until(lambda: bool(listener.on("response")))
    assert [json.loads(message.payload)["command"] for message in listener.on("response")] == ["resume"]


def test_flood_of_commands_is_limited_and_logged_once(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    health = len(listener.on("health"))
    for _ in range(100):
        listener.publish("ishara/entrance/command", "pause")
        listener.publish("ishara/entrance/command", "resume")
    listener.wait_until(lambda: len(listener.on("command")) == 200)
    wait_until(lambda: "further ones are ignored" in caplog.text, "the report")
    assert caplog.text.count("further ones are ignored") == 1
    assert len(listener.on("response")) <= 10
    assert len(listener.on("health")) - health <= 3
