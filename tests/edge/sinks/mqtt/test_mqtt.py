import json
import logging
import random
import signal
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pytest

from edge.commands import Commands
from edge.config import MqttConfig
from edge.monitoring.health import Health, PipelineStats
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.word import Word
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.sink import MqttSink
from tests.edge.conftest import StartDaemon
from tests.edge.mosquitto import Listener, Mosquitto, ReceivedMessage, listening
from tests.edge.ports import is_asked
from tests.edge.tiny_bundle import TITLE
from tests.edge.waiting import wait_until
from tests.edge.word_publisher import word
from tests.synthetic_signer import even_times, take

LEAVE_S = 2.0


class OpenSink(Protocol):
    """Opens a sink that is closed with the test."""

    def __call__(self, config: MqttConfig, *, capacity: int = 1000, every_s: float = 3600.0) -> MqttSink: ...


@pytest.fixture
def status() -> DeviceStatus:
    return DeviceStatus()


@pytest.fixture
def open_sink(caplog: pytest.LogCaptureFixture, tmp_path: Path, status: DeviceStatus) -> Iterator[OpenSink]:
    caplog.set_level(logging.INFO)
    opened: list[MqttSink] = []

    def start(config: MqttConfig, *, capacity: int = 1000, every_s: float = 3600.0) -> MqttSink:
        outbox = Outbox(tmp_path / "outbox", capacity)
        opened.append(
            MqttSink(
                config,
                outbox,
                device="entrance",
                model=json.dumps({"name": TITLE}),
                health=PipelineStats(status=status, backlog=outbox).health,
                health_every_s=every_s,
                status=status,
                commands=Commands(status),
            )
        )
        return opened[-1]

    yield start
    for sink in opened:
        sink.close()


def seqs(heard: list[ReceivedMessage]) -> list[int]:
    return [Word.model_validate_json(message.payload).seq for message in heard]


def seconds_to_close(sink: MqttSink) -> float:
    asked = time.monotonic()
    sink.close()
    return time.monotonic() - asked


def test_on_connecting_discovery_and_model_and_health_and_status_are_told_in_this_order(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    assert [heard.topic for heard in listener.received] == [
        "homeassistant/device/ishara-entrance/config",
        "ishara/entrance/model",
        "ishara/entrance/health",
        "ishara/entrance/status",
    ]
    assert json.loads(listener.on("model")[0].payload) == {"name": TITLE}
    assert Health.model_validate_json(listener.on("health")[0].payload).words == 0


def test_discovery_and_model_and_health_and_status_are_kept_for_those_who_come_later(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    sink.emit(word(1))
    listener.wait_until(lambda: bool(listener.on("word")) and bool(listener.on("status")))
    with listening(broker, "latecomer") as latecomer:
        latecomer.wait_until(lambda: len(latecomer.received) == 4)
        assert {heard.topic.rpartition("/")[2] for heard in latecomer.received} == {
            "config",
            "model",
            "health",
            "status",
        }
        assert all(heard.retained for heard in latecomer.received)


def test_words_arrive_whole_with_qos_1_and_are_not_kept(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    listener.wait_for_status("online")
    for seq in (1, 2, 3):
        sink.emit(word(seq))
    listener.wait_until(lambda: len(listener.on("word")) == 3)
    first = listener.on("word")[0]
    assert first == ReceivedMessage("ishara/entrance/word", word(1).to_json(), qos=1, retained=False)
    assert seqs(listener.on("word")) == [1, 2, 3]


def test_health_is_published_every_few_seconds_whatever_the_camera_does(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, status: DeviceStatus
) -> None:
    sink = open_sink(broker.config, every_s=0.2)
    status.report(Component.CAMERA, "the camera is lost")
    listener.wait_until(lambda: len(listener.on("health")) >= 5)
    sink.close()
    told = [Health.model_validate_json(heard.payload) for heard in listener.on("health")]
    assert told[-1].faults == {Component.CAMERA: "the camera is lost"}
    apart = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(told)]
    assert statistics.median(apart) >= 0.15


def test_closing_delivers_the_words_before_it_and_says_offline(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    listener.wait_for_status("online")
    for seq in range(1, 6):
        sink.emit(word(seq))
    sink.close()
    listener.wait_for_status("offline")
    assert seqs(listener.on("word")) == list(range(1, 6))


def test_a_daemon_that_is_killed_is_offline(
    broker: Mosquitto, listener: Listener, bundle_folder: Path, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    take(even_times(10, 60.0)).save(tmp_path / "long.take.npz")
    settings = {"ISHARA_MQTT_HOST": "127.0.0.1", "ISHARA_MQTT_PORT": str(broker.port), "ISHARA_DEVICE": "entrance"}
    daemon = start_daemon("run", "--source", "take:long.take.npz", "--model", bundle_folder, settings=settings)
    listener.wait_for_status("online")
    daemon.process.send_signal(signal.SIGKILL)
    listener.wait_for_status("offline")


def test_words_wait_for_a_broker_that_is_missing_at_the_start(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, caplog: pytest.LogCaptureFixture, status: DeviceStatus
) -> None:
    broker.stop()
    sink = open_sink(broker.config)
    for seq in range(1, 41):
        sink.emit(word(seq))
    wait_until(lambda: Component.BROKER in status.faults, "the broker's absence")
    assert "cannot be reached: Connection refused" in status.faults[Component.BROKER]
    broker.start()
    listener.wait_until(lambda: len(listener.on("word")) >= 40)
    assert seqs(listener.on("word")) == list(range(1, 41))
    assert all('"late":true' in heard.payload for heard in listener.on("word"))
    sink.emit(word(41))
    listener.wait_until(lambda: len(listener.on("word")) == 41)
    assert '"late":false' in listener.on("word")[-1].payload
    assert status.faults == {}


def test_words_wait_for_a_broker_that_is_lost_and_none_comes_twice(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    sink = open_sink(broker.config)
    for seq in range(1, 4):
        sink.emit(word(seq))
    listener.wait_until(lambda: len(listener.on("word")) == 3)
    listener.flush_acks()
    broker.stop()
    wait_until(lambda: "is lost" in caplog.text, "the broker's loss")
    for seq in range(4, 41):
        sink.emit(word(seq))
    broker.start()
    sink_is_back = f"the broker 127.0.0.1:{broker.port} is back"
    wait_until(lambda: sink_is_back in caplog.messages, "the broker's return")
    sink.emit(word(41))
    listener.wait_until(lambda: len(listener.on("word")) >= 41)
    sink.close()
    listener.wait_for_status("offline")
    assert seqs(listener.on("word")) == list(range(1, 42))
    assert [message for message in caplog.messages if "broker" in message] == [
        f"connected to the broker 127.0.0.1:{broker.port}",
        next(message for message in caplog.messages if "is lost" in message),
        sink_is_back,
    ]


def test_of_too_many_words_the_oldest_are_dropped_and_counted_and_that_is_said_once(
    new_broker: Callable[[], Mosquitto], open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    broker = new_broker()
    sink = open_sink(broker.config, capacity=20)
    for seq in range(1, 31):
        sink.emit(word(seq))
    assert caplog.text.count("the oldest are dropped") == 1
    broker.start()
    with listening(broker) as listener:
        listener.wait_until(lambda: bool(listener.on("word")) and seqs(listener.on("word"))[-1] == 30)
        assert seqs(listener.on("word")) == list(range(11, 31))
        first = Health.model_validate_json(listener.on("health")[0].payload)
        assert (first.words_waiting, first.words_dropped) == (20, 10)
        listener.wait_for_status("online")


def test_health_tells_at_once_when_a_part_is_lost(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, status: DeviceStatus
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    status.report(Component.CAMERA, "the camera is away")
    listener.wait_until(lambda: len(listener.on("health")) >= 2)
    told = Health.model_validate_json(listener.on("health")[-1].payload)
    assert told.faults == {Component.CAMERA: "the camera is away"}


def test_a_command_is_obeyed_and_answered(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, status: DeviceStatus
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    listener.publish("ishara/entrance/command", '{"command": "pause", "id": "a1"}')
    listener.wait_until(lambda: len(listener.on("response")) == 1)
    assert status.paused
    listener.wait_until(lambda: Health.model_validate_json(listener.on("health")[-1].payload).paused)
    for message in ("resume", "dance", "x" * 5000, b"\xff"):
        listener.publish("ishara/entrance/command", message)
    listener.wait_until(lambda: len(listener.on("response")) == 5)
    answers = [json.loads(heard.payload) for heard in listener.on("response")]
    assert [answer["ok"] for answer in answers] == [True, True, False, False, False]
    assert (answers[0]["id"], answers[0]["command"]) == ("a1", "pause")
    assert not status.paused


def test_a_command_from_before_the_device_was_there_is_not_obeyed(
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
    assert [json.loads(heard.payload)["command"] for heard in listener.on("response")] == ["resume"]


def test_home_assistant_hears_everything_anew_when_it_has_started(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments: list[tuple[float, float]] = []

    def soon(shortest: float, longest: float) -> float:
        moments.append((shortest, longest))
        return 0.2

    monkeypatch.setattr(random, "uniform", soon)
    open_sink(broker.config)
    listener.wait_for_status("online")
    first = [heard.topic for heard in listener.received]
    listener.publish("homeassistant/status", "offline")
    listener.publish("homeassistant/status", "online")
    listener.wait_until(lambda: len(listener.received) == 2 * len(first) + 2)
    assert [heard.topic for heard in listener.received][-len(first) :] == first
    assert moments == [(1.0, 5.0)]


def test_without_discovery_home_assistant_is_left_alone(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    open_sink(broker.config.model_copy(update={"discovery": False}))
    listener.wait_for_status("online")
    assert [heard.topic for heard in listener.received if heard.topic.startswith("homeassistant")] == []


def test_a_refused_device_is_told_once_and_for_what(
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
    told = [message for message in caplog.messages if "broker" in message]
    assert told == [
        f"the broker 127.0.0.1:{broker.port} refuses this device: Not authorized; trying again until it is back"
    ]
    assert status.faults == {
        Component.BROKER: f"the broker 127.0.0.1:{broker.port} refuses this device: Not authorized"
    }


def test_a_device_that_may_not_publish_words_says_so_once_and_keeps_them(
    new_broker: Callable[..., Mosquitto], open_sink: OpenSink, caplog: pytest.LogCaptureFixture, status: DeviceStatus
) -> None:
    broker = new_broker(acl="topic readwrite ishara/entrance/status\ntopic readwrite ishara/entrance/health\n")
    broker.start()
    sink = open_sink(broker.config)
    sink.emit(word(1))
    wait_until(lambda: Component.BROKER in status.faults, "the trouble")
    assert status.faults[Component.BROKER] == "the broker takes no words of this device: Not authorized"
    assert caplog.text.count("takes no words") == 1
    with listening(broker) as listener:
        listener.wait_until(lambda: bool(listener.on("health")))
        wait_until(
            lambda: Health.model_validate_json(listener.on("health")[-1].payload).words_waiting == 1, "the waiting word"
        )


def test_a_host_that_is_no_name_is_no_crash(open_sink: OpenSink, status: DeviceStatus) -> None:
    open_sink(MqttConfig(host="broker..example"))
    wait_until(lambda: Component.BROKER in status.faults, "the trouble")
    assert "cannot be reached: broker..example is no host's name" in status.faults[Component.BROKER]


def test_a_device_with_the_right_password_is_let_in(
    new_broker: Callable[..., Mosquitto], open_sink: OpenSink, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    broker = new_broker(user=("entrance", "right words"))
    broker.start()
    (tmp_path / "password").write_text("right words\n")
    open_sink(broker.config.model_copy(update={"username": "entrance", "password_file": tmp_path / "password"}))
    wait_until(lambda: f"connected to the broker 127.0.0.1:{broker.port}" in caplog.messages, "the connection")


def test_a_broker_that_stands_still_neither_holds_up_the_leave_nor_keeps_the_device_online(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    listener.wait_for_status("online")
    broker.freeze()
    for seq in range(1, 31):
        sink.emit(word(seq))
    assert seconds_to_close(sink) < LEAVE_S
    broker.thaw()
    listener.wait_for_status("offline")


def test_a_broker_that_answers_no_connection_does_not_hold_up_the_leave(
    open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as first:
        address = server.getsockname()
        first.connect(address)  # fills the queue of connections that nobody takes
        sink = open_sink(MqttConfig(host="127.0.0.1", port=address[1]))
        wait_until(lambda: is_asked(address[1]), "an attempt to connect")
        assert seconds_to_close(sink) < LEAVE_S
