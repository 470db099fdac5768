import json
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from edge.config import MqttConfig
from edge.health import Health, Pulse
from edge.sinks.mqtt import MqttSink
from edge.word import Word
from tests.edge.conftest import StartDaemon
from tests.edge.mosquitto import Heard, Listener, Mosquitto, listening
from tests.edge.ports import is_asked
from tests.edge.tiny_bundle import TITLE
from tests.edge.waiting import wait_until
from tests.signer import even_times, take

LEAVE_S = 2.0
DAY = "2026-11-22T16:00:0"


class OpenSink(Protocol):
    """Opens a sink that is closed with the test."""

    def __call__(self, config: MqttConfig) -> MqttSink: ...


@pytest.fixture
def open_sink(caplog: pytest.LogCaptureFixture) -> Iterator[OpenSink]:
    caplog.set_level(logging.INFO)
    opened: list[MqttSink] = []

    def start(config: MqttConfig) -> MqttSink:
        opened.append(MqttSink(config, device="entrance", model=json.dumps({"name": TITLE}), health=Pulse().health))
        return opened[-1]

    yield start
    for sink in opened:
        sink.close()


def word(seq: int) -> Word:
    event = {"seq": seq, "sign_id": 76, "word": "قصبة هوائية", "word_en": "Trachea", "confidence": 0.97}
    instants = {"started_at": f"{DAY}1.200Z", "ended_at": f"{DAY}2.050Z", "emitted_at": f"{DAY}2.210Z"}
    rest = {"alternatives": [], "model": TITLE, "device": "entrance"}
    return Word.model_validate_json(json.dumps(event | instants | rest))


def seqs(heard: list[Heard]) -> list[int]:
    return [Word.model_validate_json(message.payload).seq for message in heard]


def seconds_to_close(sink: MqttSink) -> float:
    asked = time.monotonic()
    sink.close()
    return time.monotonic() - asked


def test_on_connecting_model_and_health_and_status_are_told_in_this_order(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    assert [heard.topic for heard in listener.heard] == [
        "ishara/entrance/model",
        "ishara/entrance/health",
        "ishara/entrance/status",
    ]
    assert json.loads(listener.on("model")[0].payload) == {"name": TITLE}
    assert Health.model_validate_json(listener.on("health")[0].payload).words == 0


def test_model_and_health_and_status_are_kept_for_those_who_come_later(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    sink.emit(word(1))
    listener.wait_until(lambda: bool(listener.on("word")) and bool(listener.on("status")))
    with listening(broker, "latecomer") as latecomer:
        latecomer.wait_until(lambda: len(latecomer.heard) == 3)
        assert {heard.topic.rpartition("/")[2] for heard in latecomer.heard} == {"model", "health", "status"}
        assert all(heard.retained for heard in latecomer.heard)


def test_words_arrive_whole_with_qos_1_and_are_not_kept(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    for seq in (1, 2, 3):
        sink.emit(word(seq))
    listener.wait_until(lambda: len(listener.on("word")) == 3)
    first = listener.on("word")[0]
    assert first == Heard("ishara/entrance/word", word(1).to_json(), qos=1, retained=False)
    assert seqs(listener.on("word")) == [1, 2, 3]


def test_health_is_published_whenever_it_is_reported(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    listener.wait_for_status("online")
    pulse = Pulse()
    pulse.count_word(word(1))
    sink.report(pulse.health())
    listener.wait_until(lambda: len(listener.on("health")) == 2)
    assert Health.model_validate_json(listener.on("health")[1].payload).words == 1


def test_closing_delivers_the_words_before_it_and_says_offline(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    listener.wait_for_status("online")
    for seq in range(1, 51):
        sink.emit(word(seq))
    sink.close()
    listener.wait_for_status("offline")
    assert seqs(listener.on("word")) == list(range(1, 51))


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
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    broker.stop()
    sink = open_sink(broker.config)
    for seq in range(1, 41):
        sink.emit(word(seq))
    wait_until(lambda: "cannot be reached" in caplog.text, "the broker's absence")
    broker.start()
    listener.wait_until(lambda: len(listener.on("word")) >= 40)
    assert seqs(listener.on("word")) == list(range(1, 41))


def test_words_wait_for_a_broker_that_is_lost_and_none_comes_twice(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    sink = open_sink(broker.config)
    for seq in range(1, 4):
        sink.emit(word(seq))
    listener.wait_until(lambda: len(listener.on("word")) == 3)
    listener.settle()
    broker.stop()
    wait_until(lambda: "is lost" in caplog.text, "the broker's loss")
    for seq in range(4, 41):
        sink.emit(word(seq))
    broker.start()
    sink_is_back = f"the broker 127.0.0.1:{broker.port} is back"
    wait_until(lambda: sink_is_back in caplog.messages, "the broker's return")
    sink.emit(word(41))
    sink.close()
    listener.wait_for_status("offline")
    assert seqs(listener.on("word")) == list(range(1, 42))
    assert [message for message in caplog.messages if "broker" in message] == [
        f"connected to the broker 127.0.0.1:{broker.port}",
        next(message for message in caplog.messages if "is lost" in message),
        sink_is_back,
    ]


def test_a_device_is_online_again_though_its_queue_was_full_while_the_broker_was_away(
    new_broker: Callable[[], Mosquitto], open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    broker = new_broker()
    sink = open_sink(broker.config)
    for seq in range(1, 1002):
        sink.emit(word(seq))
    assert "word 1001 is lost" in caplog.text
    broker.start()
    with listening(broker) as listener:
        listener.wait_for_status("online")


def test_a_refused_device_is_told_once_and_for_what(
    new_broker: Callable[..., Mosquitto], open_sink: OpenSink, caplog: pytest.LogCaptureFixture, tmp_path: Path
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
