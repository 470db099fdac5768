from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.commands import Commands
from edge.config import MqttConfig
from edge.demo.__main__ import DemoFailed, check_words
from edge.demo.broker import embedded_broker
from edge.demo.subscriber import Subscriber
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import DeviceStatus
from edge.recognition.word import Word
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.publisher_state import PeriodicHealth
from edge.sinks.mqtt.sink import MqttSink
from tests.edge.tiny_bundle import SIGNS, TITLE
from tests.edge.waiting import PATIENCE_S

NOW = datetime.now(UTC)


def word(seq: int) -> Word:
    """Return the word of the sign at this index."""
    return Word(
        seq=seq,
        confidence=0.9,
        alternatives=(),
        started_at=NOW,
        ended_at=NOW,
        emitted_at=NOW,
        model=TITLE,
        device="demo",
        **SIGNS[seq].model_dump(),
    )


def test_demo_succeeds_when_every_word_arrives(capsys: pytest.CaptureFixture[str]) -> None:
    emitted = [word(0), word(1)]
    check_words(emitted, emitted, [SIGNS[0].sign_id, SIGNS[1].sign_id])
    assert "2 of 2 words arrived over MQTT." in capsys.readouterr().out


def test_demo_reports_a_source_without_signs(capsys: pytest.CaptureFixture[str]) -> None:
    check_words([], [], [])
    assert "no sign was recognised" in capsys.readouterr().out


def test_demo_fails_when_a_word_is_lost() -> None:
    with pytest.raises(DemoFailed, match=f"{SIGNS[1].word_en}.*did not arrive over MQTT"):
        check_words([word(0), word(1)], [word(0)], [])


def test_demo_fails_when_another_sign_arrives() -> None:
    with pytest.raises(DemoFailed, match=r"signs \[75\] were signed, but \[76\] arrived over MQTT"):
        check_words([word(0)], [word(0)], [75])


def test_demo_fails_when_a_sign_is_not_recognised() -> None:
    with pytest.raises(DemoFailed):
        check_words([], [], [75])


def test_embedded_broker_delivers_words_to_the_subscriber(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with embedded_broker() as port:
        config = MqttConfig(host="127.0.0.1", port=port, protocol="3.1.1")
        subscriber = Subscriber(config, "demo")
        status = DeviceStatus()
        sink = MqttSink(
            config,
            Outbox(tmp_path / "outbox", 10),
            device="demo",
            model="{}",
            health=PeriodicHealth(PipelineStats().health, 10.0),
            status=status,
            commands=Commands(status),
        )
        sent = [word(0), word(1)]
        for one in sent:
            sink.emit(one)
        received = subscriber.wait_for({0, 1}, PATIENCE_S)
        sink.close()
        subscriber.close()
    assert [one.model_copy(update={"late": False}).to_json() for one in received] == [one.to_json() for one in sent]
    assert SIGNS[0].word in capsys.readouterr().out
