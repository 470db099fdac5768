"""Commands that arrive over MQTT."""

import json

from edge.monitoring.health import Health
from edge.monitoring.status import DeviceStatus
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.sinks.mqtt.conftest import OpenSink


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
