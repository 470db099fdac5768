"""No word and no utterance is lost, whether the daemon or the broker is killed or restarted."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.utterances.utterance import Utterance
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.soak import SoakResult
from tests.edge.waiting import PATIENCE_S, wait_until
from tests.edge.word_publisher import put_numbers, received_events, start_publishing, word

KILLS = 15
EVERY_S = 0.01
SLOWER_S = 0.2


def drain(broker: Mosquitto, outbox: Path) -> None:
    """Publish one more event, and wait until the outbox is empty."""
    last = start_publishing(broker.config, outbox, events=1, every_s=0.0)
    last.join(PATIENCE_S)
    assert last.exitcode == 0


def test_every_event_arrives_in_order_when_the_daemon_is_killed_repeatedly(
    broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    rng = random.Random(5)
    for _ in range(KILLS):
        daemon = start_publishing(broker.config, tmp_path / "outbox", events=10_000, every_s=EVERY_S)
        wanted = len(listener.on("word", "utterance")) + rng.randint(1, 15)
        listener.wait_until(lambda: len(listener.on("word", "utterance")) >= wanted)  # noqa: B023  # called at once
        time.sleep(rng.uniform(0.0, 0.02))
        daemon.kill()
        daemon.join(PATIENCE_S)
    drain(broker, tmp_path / "outbox")
    listener.wait_for_status("offline")
    result = SoakResult.of(received_events(listener), put_numbers(tmp_path / "outbox"))
    assert (result.lost, result.out_of_order) == ([], 0)
    assert result.repeated <= KILLS
    assert result.published > 5 * KILLS
    assert result.utterances > KILLS
    assert result.words_without_utterance <= KILLS


@pytest.mark.parametrize("persistent", [True, False])
def test_every_event_arrives_in_order_when_the_broker_is_killed(
    persistent: bool, new_broker: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    broker, outbox = new_broker(persistent=persistent), tmp_path / "outbox"
    broker.start()
    with listening(broker) as listener:
        daemon = start_publishing(broker.config, outbox, events=42, every_s=SLOWER_S)
        for number in range(1, 3):

            def has_caught_up(wanted: int = 10 * number) -> bool:
                return len(listener.on("word", "utterance")) == len(put_numbers(outbox)) >= wanted

            wait_until(has_caught_up, "the events")  # a broker that is killed loses what it has not passed on
            broker.kill()
            broker.start()
        daemon.join(PATIENCE_S)
        listener.wait_for_status("offline")
        events = received_events(listener)
        result = SoakResult.of(events, put_numbers(outbox))
        assert (result.published, result.lost, result.out_of_order) == (42, [], 0)
        assert {event.late for event in events if isinstance(event, Utterance)} == {True, False}
        statuses = [message.payload for message in listener.on("status")]
        assert statuses[-1:] == ["offline"]
        assert statuses.count("online") == 3


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_subscriber_that_returns_after_the_device_receives_every_event(
    protocol: str, broker: Mosquitto, tmp_path: Path
) -> None:
    """Another subscriber has a session that the broker keeps, so the broker always has somebody to send words to."""
    config = broker.config.model_copy(update={"protocol": protocol})
    with listening(broker, "with-kept-session") as listener:
        with listening(broker, "", clean=True) as first:
            daemon = start_publishing(config, tmp_path / "outbox", events=60, every_s=0.1)
            first.wait_until(lambda: len(first.on("word", "utterance")) >= 10)
            broker.stop()
        before = received_events(first)
        broker.start()
        listener.wait_until(lambda: [message.payload for message in listener.on("status")].count("online") == 2)
        time.sleep(1.0)
        with listening(broker, "", clean=True) as second:
            daemon.join(PATIENCE_S)
            second.wait_for_status("offline")
            events = before + received_events(second)
    assert SoakResult.of(events, put_numbers(tmp_path / "outbox")).lost == []


def test_events_wait_while_the_broker_reports_no_subscribers(
    new_broker: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    broker = new_broker(persistent=False)
    broker.start()
    daemon = start_publishing(broker.config, tmp_path / "outbox", events=6, every_s=0.0)
    time.sleep(2.5)  # it is connected by now, and there are no subscribers
    with listening(broker) as listener:
        listener.wait_until(lambda: len(listener.on("word", "utterance")) == 6)
        daemon.join(PATIENCE_S)
        assert [event.late for event in received_events(listener)] == [True] * 6


def test_words_that_wait_for_subscribers_at_the_end_are_left_to_the_next_daemon(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    config = broker.config.model_copy(update={"hold_after_reconnect_s": 60.0})
    sink = open_sink(config)
    listener.wait_for_status("online")
    broker.stop()
    sink.emit(word(1))
    broker.start()
    wait_until(lambda: "is back" in caplog.text, "the connection")
    sink.close()
    listener.wait_for_status("offline")
    assert listener.on("word") == []
    open_sink(config)
    listener.wait_until(lambda: len(listener.on("word")) == 1)
