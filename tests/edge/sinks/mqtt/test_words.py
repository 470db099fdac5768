"""Words on their way through the outbox to a real broker."""

from collections.abc import Callable

import pytest

from edge.monitoring.health import Health
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.word import Word
from edge.utterances.utterance import Line
from tests.edge.mosquitto import Listener, Mosquitto, ReceivedMessage, listening
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.waiting import wait_until
from tests.edge.word_publisher import received_events, utterance, word

OLD = ("word", "status", "health", "model", "response")
"""The topics of a release that had no utterances."""


def seqs(messages: list[ReceivedMessage]) -> list[int]:
    return [Word.model_validate_json(message.payload).seq for message in messages]


def test_words_are_published_with_qos_1_and_not_retained(
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


def test_utterances_have_a_topic_of_their_own_with_qos_1(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    listener.wait_for_status("online")
    for event in (word(1), Line(text="قصبة", words=(1,)), word(2), utterance(3), word(4)):
        sink.emit(event)
    listener.wait_until(lambda: len(listener.on("word", "utterance")) == 4)
    expected = ReceivedMessage("ishara/entrance/utterance", utterance(3).to_json(), qos=1, retained=False)
    assert listener.on("utterance") == [expected]
    assert [event.seq for event in received_events(listener)] == [1, 2, 3, 4]


def test_words_hardly_wait_for_utterances_that_nobody_hears(
    broker: Mosquitto, open_sink: OpenSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.sinks.mqtt.delivery._UNHEARD_TIMEOUT_S", 0.5)
    sink = open_sink(broker.config)
    with listening(broker, topic="ishara/+/word") as listener:
        for event in (word(1), utterance(2), word(3), utterance(4), word(5)):
            sink.emit(event)
        listener.wait_until(lambda: len(listener.on("word")) == 3)
        assert seqs(listener.on("word")) == [1, 3, 5]


def test_utterances_that_an_older_access_control_list_forbids_are_dropped_and_words_arrive(
    new_broker: Callable[..., Mosquitto], open_sink: OpenSink, caplog: pytest.LogCaptureFixture, status: DeviceStatus
) -> None:
    broker = new_broker(acl="topic read ishara/#\n" + "".join(f"topic write ishara/entrance/{name}\n" for name in OLD))
    broker.start()
    sink = open_sink(broker.config)
    with listening(broker) as listener:
        for event in (word(1), utterance(2), word(3), utterance(4), word(5)):
            sink.emit(event)
        listener.wait_until(lambda: len(listener.on("word")) == 3)
    assert caplog.text.count("does not allow the topic ishara/entrance/utterance") == 1
    assert Component.BROKER not in status.faults


def test_closing_publishes_waiting_words_and_then_offline(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    listener.wait_for_status("online")
    for seq in range(1, 6):
        sink.emit(word(seq))
    sink.close()
    listener.wait_for_status("offline")
    assert seqs(listener.on("word")) == list(range(1, 6))


def test_words_wait_for_a_broker_that_is_missing_at_the_start(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, caplog: pytest.LogCaptureFixture, status: DeviceStatus
) -> None:
    broker.stop()
    sink = open_sink(broker.config)
    for seq in range(1, 41):
        sink.emit(word(seq))
    wait_until(lambda: Component.BROKER in status.faults, "the loss of the broker")
    assert "cannot be reached: Connection refused" in status.faults[Component.BROKER]
    broker.start()
    listener.wait_until(lambda: len(listener.on("word")) >= 40)
    assert seqs(listener.on("word")) == list(range(1, 41))
    assert all('"late":true' in message.payload for message in listener.on("word"))
    sink.emit(word(41))
    listener.wait_until(lambda: len(listener.on("word")) == 41)
    assert '"late":false' in listener.on("word")[-1].payload
    assert status.faults == {}


def test_words_wait_for_a_lost_broker_and_none_arrives_twice(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    sink = open_sink(broker.config)
    for seq in range(1, 4):
        sink.emit(word(seq))
    listener.wait_until(lambda: len(listener.on("word")) == 3)
    listener.flush_acks()
    broker.stop()
    wait_until(lambda: "is lost" in caplog.text, "the loss of the broker")
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


def test_full_outbox_drops_and_counts_the_oldest_words_and_logs_once(
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


def test_refused_words_are_logged_once_and_stay_in_the_outbox(
    new_broker: Callable[..., Mosquitto], open_sink: OpenSink, caplog: pytest.LogCaptureFixture, status: DeviceStatus
) -> None:
    broker = new_broker(acl="topic readwrite ishara/entrance/status\ntopic readwrite ishara/entrance/health\n")
    broker.start()
    sink = open_sink(broker.config)
    sink.emit(word(1))
    wait_until(lambda: Component.BROKER in status.faults, "the fault")
    assert status.faults[Component.BROKER] == "the broker refuses the words of this device: Not authorized"
    assert caplog.text.count("refuses the words") == 1
    with listening(broker) as listener:
        listener.wait_until(lambda: bool(listener.on("health")))
        wait_until(
            lambda: Health.model_validate_json(listener.on("health")[-1].payload).words_waiting == 1, "the waiting word"
        )
