import io
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.commands import Commands
from edge.config import MqttConfig
from edge.config.explanation import PREFIX
from edge.demo.__main__ import check_utterances, check_words, main
from edge.demo.broker import embedded_broker
from edge.demo.daemon import DemoFailed
from edge.demo.subscriber import Subscriber
from edge.demo.tour import scenes
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


def test_demo_fails_when_the_spelled_name_is_another() -> None:
    tour = scenes()
    texts = ["a", *(scene.text for scene in tour[1:])]
    check_utterances(texts, tour)
    with pytest.raises(DemoFailed, match="'نوال' was signed, but the utterance is 'نو'"):
        check_utterances([texts[0], "نو", texts[2]], tour)
    with pytest.raises(DemoFailed, match="3 utterances were signed, but there are 2"):
        check_utterances(texts[:2], tour)


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


def test_tour_leads_from_words_to_captions_without_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge.demo"],
        env={name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S * 5,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "/live-signs in a browser" in done.stdout
    for line in ("  = نوال", "  = السلام عليكم نوال شكرا", "16 of 16 words arrived over MQTT."):
        assert line in done.stdout.splitlines()
    assert "What to do next" in done.stdout
    picture = Path(done.stdout.partition("as a picture: ")[2].splitlines()[0])
    assert picture.read_bytes().startswith(b"\x89PNG")
    picture.unlink()
    picture.parent.rmdir()


def test_word_that_may_not_be_said_fails_the_tour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = scenes()[0]
    monkeypatch.setattr("edge.demo.__main__.scenes", lambda: (replace(words, takes=words.takes[:2]),))
    monkeypatch.setattr("sys.argv", ["make demo"])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    (tmp_path / "few.txt").write_text("71\n")
    monkeypatch.setenv("ISHARA_VOCABULARY_FILE", str(tmp_path / "few.txt"))
    assert main() == 1
    assert "demo: signs [71, 72] were signed, but [71] arrived over MQTT" in capsys.readouterr().err
