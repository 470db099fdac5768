"""No word is lost and none arrives twice, whether the daemon or the broker is killed."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.recognition.word import Word
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.waiting import PATIENCE_S
from tests.edge.word_publisher import start_publishing

KILLS = 15
EVERY_S = 0.01
SLOWER_S = 0.06


def received_words(listener: Listener) -> list[Word]:
    return [Word.model_validate_json(message.payload) for message in listener.on("word")]


def drain(broker: Mosquitto, outbox: Path) -> None:
    """Publish one more word, and wait until the outbox is empty."""
    last = start_publishing(broker.config, outbox, words=1, every_s=0.0)
    last.join(PATIENCE_S)
    assert last.exitcode == 0


def test_each_word_arrives_once_and_in_order_when_the_daemon_is_killed_repeatedly(
    broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    rng = random.Random(5)
    for _ in range(KILLS):
        daemon = start_publishing(broker.config, tmp_path / "outbox", words=10_000, every_s=EVERY_S)
        wanted = len(listener.on("word")) + rng.randint(1, 15)
        listener.wait_until(lambda: len(listener.on("word")) >= wanted)  # noqa: B023  # called at once
        time.sleep(rng.uniform(0.0, 0.02))
        daemon.kill()
        daemon.join(PATIENCE_S)
    drain(broker, tmp_path / "outbox")
    listener.wait_for_status("offline")
    words = received_words(listener)
    assert [word.seq for word in words] == list(range(1, len(words) + 1))
    assert len(words) > 5 * KILLS


def test_each_word_arrives_once_and_in_order_when_the_broker_loses_its_sessions(
    new_broker: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    broker = new_broker(persistent=False)
    broker.start()
    with listening(broker) as listener:
        daemon = start_publishing(broker.config, tmp_path / "outbox", words=120, every_s=SLOWER_S)
        for number in range(1, 4):
            wanted = 30 * number
            listener.wait_until(lambda: len(listener.on("word")) >= wanted)  # noqa: B023  # called at once
            # Between two words: one that has arrived without a PUBACK is repeated, as delivery.py describes.
            time.sleep(SLOWER_S / 3)
            broker.kill()
            broker.start()
        daemon.join(PATIENCE_S)
        listener.wait_for_status("offline")
        words = received_words(listener)
        assert [word.seq for word in words] == list(range(1, 121))
        assert {word.late for word in words} == {True, False}
        assert [message.payload for message in listener.on("status")] == ["online"] * 4 + ["offline"]
        assert [message.topic for message in listener.received].count(
            "homeassistant/device/ishara-entrance/config"
        ) == 4


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_word_that_arrived_before_the_kill_without_puback_is_not_repeated(
    protocol: str, broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    """The broker hangs, takes the word from the killed daemon's last packet, and keeps the loopback message."""
    config = broker.config.model_copy(update={"protocol": protocol})
    start_publishing(config, tmp_path / "outbox", words=1, every_s=0.0).join(PATIENCE_S)
    listener.wait_until(lambda: len(listener.on("word")) == 1)
    daemon = start_publishing(config, tmp_path / "outbox", words=1000, every_s=0.5)
    listener.wait_until(lambda: len(listener.on("word")) >= 3)
    broker.freeze()
    time.sleep(1.2)  # the next word is in flight by now, and others wait behind it
    daemon.kill()
    daemon.join(PATIENCE_S)
    broker.thaw()
    drain(broker, tmp_path / "outbox")
    listener.wait_for_status("offline")
    words = received_words(listener)
    assert [word.seq for word in words] == list(range(1, len(words) + 1))
    assert [word.late for word in words[-3:]].count(True) >= 1
    assert len(words) >= 6


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_words_wait_for_subscribers_when_the_broker_has_lost_its_sessions(
    protocol: str, new_broker: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    broker = new_broker(persistent=False)
    broker.start()
    config = broker.config.model_copy(update={"protocol": protocol})
    with listening(broker) as listener:
        daemon = start_publishing(config, tmp_path / "outbox", words=1, every_s=0.0)
        daemon.join(PATIENCE_S)
        listener.wait_for_status("offline")
        assert len(listener.on("word")) == 1
    broker.kill()
    broker.start()
    daemon = start_publishing(config, tmp_path / "outbox", words=5, every_s=0.0)
    time.sleep(2.5)  # it is connected by now, and there are no subscribers
    with listening(broker) as listener:
        listener.wait_until(lambda: len(listener.on("word")) == 5)
        daemon.join(PATIENCE_S)
        events = [json.loads(message.payload) for message in listener.on("word")]
        assert [(event["seq"], event["late"]) for event in events] == [(seq, True) for seq in range(2, 7)]
