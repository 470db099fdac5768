"""Brokers that take small packets alone, no retained messages, or no QoS 1."""

import json
import logging
from collections.abc import Callable

import pytest

from edge.monitoring.status import DeviceStatus
from edge.recognition.word import Alternative
from tests.edge.mosquitto import Mosquitto, listening
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.waiting import wait_until
from tests.edge.word_publisher import utterance, word

NewBroker = Callable[..., Mosquitto]


def test_words_go_to_a_broker_whose_packets_are_too_small_for_discovery(
    new_broker: NewBroker, open_sink: OpenSink, caplog: pytest.LogCaptureFixture, status: DeviceStatus
) -> None:
    broker = new_broker(settings="max_packet_size 2000")
    broker.start()
    with listening(broker) as listener:
        sink = open_sink(broker.config)
        listener.wait_for_status("online")
        sink.emit(word(1))
        listener.wait_until(lambda: len(listener.on("word")) == 1)
        assert listener.on("config") == []
    assert caplog.text.count("discovery is not published, since the broker accepts packets of 2000 bytes") == 1
    assert status.faults == {}


def test_word_is_sent_without_alternatives_or_dropped_where_packets_are_smaller(
    new_broker: NewBroker, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    alternatives = (Alternative(sign_id=7, word="قصبة هوائية" * 6, confidence=0.01),) * 3
    long, too_long = word(1).model_copy(update={"alternatives": alternatives}), word(2)
    too_long = too_long.model_copy(update={"word": "قصبة" * 60})
    broker = new_broker(settings="max_packet_size 450")
    broker.start()
    with listening(broker) as listener:
        sink = open_sink(broker.config)
        for event in (long, too_long, word(3)):
            sink.emit(event)
        listener.wait_until(lambda: len(listener.on("word")) == 2)
        events = [json.loads(message.payload) for message in listener.on("word")]
        assert [(event["seq"], event["alternatives"]) for event in events] == [(1, []), (3, [])]
    wait_until(lambda: "words are dropped, since the broker accepts packets of 450 bytes" in caplog.text, "the report")


def test_utterance_is_sent_without_the_numbers_of_its_words_where_packets_are_smaller(
    new_broker: NewBroker, open_sink: OpenSink
) -> None:
    broker = new_broker(settings="max_packet_size 450")
    broker.start()
    with listening(broker) as listener:
        open_sink(broker.config).emit(utterance(200).model_copy(update={"words": tuple(range(100))}))
        listener.wait_until(lambda: len(listener.on("utterance")) == 1)
        assert json.loads(listener.on("utterance")[0].payload)["words"] == []


@pytest.mark.parametrize("protocol", ["auto", "5", "3.1.1"])
def test_broker_that_stores_no_retained_messages_receives_everything_else(
    protocol: str, new_broker: NewBroker, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    broker = new_broker(settings="retain_available false")
    broker.start()
    with listening(broker) as listener:
        sink = open_sink(broker.config.model_copy(update={"protocol": protocol}))
        listener.wait_for_status("online")
        sink.emit(word(1))
        listener.wait_until(lambda: len(listener.on("word")) == 1)
        assert {message.topic.rpartition("/")[2] for message in listener.received} >= {"config", "model", "health"}
        assert not any(message.retained for message in listener.received)
    assert caplog.text.count("the broker stores no retained messages") == 1


def test_late_subscriber_of_a_broker_that_stores_nothing_learns_everything_with_the_next_health(
    new_broker: NewBroker, open_sink: OpenSink
) -> None:
    broker = new_broker(settings="retain_available false")
    broker.start()
    with listening(broker) as early:
        open_sink(broker.config, health_every_s=0.5)
        early.wait_for_status("online")
    with listening(broker, "late-listener") as late:
        late.wait_for_status("online")
        assert {message.topic.rpartition("/")[2] for message in late.received} == {"health", "model", "status"}


def test_broker_that_takes_qos_0_alone_receives_words(
    new_broker: NewBroker, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    broker = new_broker(settings="max_qos 0")
    broker.start()
    with listening(broker) as listener:
        sink = open_sink(broker.config)
        listener.wait_for_status("online")
        for seq in (1, 2, 3):
            sink.emit(word(seq))
        listener.wait_until(lambda: len(listener.on("word")) == 3)
    assert "is lost" not in caplog.text
