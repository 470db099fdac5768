"""No word is lost and none comes twice, whoever is killed while words flow."""

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
SELDOM_S = 0.06


def heard_words(listener: Listener) -> list[Word]:
    return [Word.model_validate_json(heard.payload) for heard in listener.on("word")]


def finish(broker: Mosquitto, outbox: Path) -> None:
    """Say one word more and see everything off."""
    last = start_publishing(broker.config, outbox, words=1, every_s=0.0)
    last.join(PATIENCE_S)
    assert last.exitcode == 0


def test_every_word_comes_once_and_in_order_though_the_daemon_is_killed_again_and_again(
    broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    moments = random.Random(5)
    for _ in range(KILLS):
        talker = start_publishing(broker.config, tmp_path / "outbox", words=10_000, every_s=EVERY_S)
        wanted = len(listener.on("word")) + moments.randint(1, 15)
        listener.wait_until(lambda: len(listener.on("word")) >= wanted)  # noqa: B023  # called at once
        time.sleep(moments.uniform(0.0, 0.02))
        talker.kill()
        talker.join(PATIENCE_S)
    finish(broker, tmp_path / "outbox")
    listener.wait_until(lambda: [heard.payload for heard in listener.on("status")][-1:] == ["offline"])
    words = heard_words(listener)
    assert [word.seq for word in words] == list(range(1, len(words) + 1))
    assert len(words) > 5 * KILLS


def test_every_word_comes_once_and_in_order_though_the_broker_is_killed_and_forgets_everything(
    new_broker: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    broker = new_broker(persistent=False)
    broker.start()
    with listening(broker) as listener:
        talker = start_publishing(broker.config, tmp_path / "outbox", words=120, every_s=SELDOM_S)
        for number in range(1, 4):
            wanted = 30 * number
            listener.wait_until(lambda: len(listener.on("word")) >= wanted)  # noqa: B023  # called at once
            # Between two words: one that has arrived and is not confirmed yet comes twice, as visit.py tells.
            time.sleep(SELDOM_S / 3)
            broker.kill()
            broker.start()
        talker.join(PATIENCE_S)
        listener.wait_for_status("offline")
        words = heard_words(listener)
        assert [word.seq for word in words] == list(range(1, 121))
        assert {word.late for word in words} == {True, False}
        assert [heard.payload for heard in listener.on("status")] == ["online"] * 4 + ["offline"]
        assert [heard.topic for heard in listener.received].count("homeassistant/device/ishara-entrance/config") == 4


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_word_that_arrived_before_the_kill_but_was_not_confirmed_does_not_come_again(
    protocol: str, broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    """The broker stands still, takes the word from the dead daemon's last packet, and keeps the echo for the next."""
    config = broker.config.model_copy(update={"protocol": protocol})
    start_publishing(config, tmp_path / "outbox", words=1, every_s=0.0).join(PATIENCE_S)
    listener.wait_until(lambda: len(listener.on("word")) == 1)
    talker = start_publishing(config, tmp_path / "outbox", words=1000, every_s=0.5)
    listener.wait_until(lambda: len(listener.on("word")) >= 3)
    broker.freeze()
    time.sleep(1.2)  # the next word is on its way by now, and others wait behind it
    talker.kill()
    talker.join(PATIENCE_S)
    broker.thaw()
    finish(broker, tmp_path / "outbox")
    listener.wait_until(lambda: [heard.payload for heard in listener.on("status")][-1:] == ["offline"])
    words = heard_words(listener)
    assert [word.seq for word in words] == list(range(1, len(words) + 1))
    assert [word.late for word in words[-3:]].count(True) >= 1
    assert len(words) >= 6


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_words_wait_for_the_subscribers_that_a_forgetful_broker_has_lost_too(
    protocol: str, new_broker: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    broker = new_broker(persistent=False)
    broker.start()
    config = broker.config.model_copy(update={"protocol": protocol})
    with listening(broker) as listener:
        talker = start_publishing(config, tmp_path / "outbox", words=1, every_s=0.0)
        talker.join(PATIENCE_S)
        listener.wait_for_status("offline")
        assert len(listener.on("word")) == 1
    broker.kill()
    broker.start()
    talker = start_publishing(config, tmp_path / "outbox", words=5, every_s=0.0)
    time.sleep(2.5)  # it is in by now, and would find nobody
    with listening(broker) as listener:
        listener.wait_until(lambda: len(listener.on("word")) == 5)
        talker.join(PATIENCE_S)
        events = [json.loads(heard.payload) for heard in listener.on("word")]
        assert [(event["seq"], event["late"]) for event in events] == [(seq, True) for seq in range(2, 7)]
