"""Tests the whole system with a tiny model: takes, training, bundle, daemon, broker, subscriber."""

import shutil
from pathlib import Path

from edge.recognition.word import Word
from landmarkers.take import Take
from tests.edge.daemon import Daemon
from tests.edge.mosquitto import Mosquitto, listening


def test_trained_signs_arrive_over_mqtt(tiny_bundle: Path, synthetic_takes: Path, tmp_path: Path) -> None:
    takes = tmp_path / "signed"
    takes.mkdir()
    paths = [path for path in sorted(synthetic_takes.glob("*.take.npz")) if Take.load(path).provenance.split == "test"]
    for path in paths:
        shutil.copy(path, takes)
    broker = Mosquitto(tmp_path)
    broker.start()
    settings = {"ISHARA_MQTT_HOST": "127.0.0.1", "ISHARA_MQTT_PORT": str(broker.port), "ISHARA_DEVICE": "desk"}
    model = ("--model", tiny_bundle, "--source", f"take:{takes}")
    try:
        with listening(broker) as listener:
            daemon = Daemon(tmp_path, "run", *model, "--exit-at-end", "--jsonl", settings=settings)
            printed = daemon.words()
            listener.wait_for_status("offline")
            arrived = [Word.model_validate_json(message.payload) for message in listener.on("word")]
    finally:
        broker.stop()
    assert daemon.wait() == 0
    assert [word.sign_id for word in arrived] == [Take.load(path).provenance.sign_id for path in paths]
    assert [word.word_en for word in arrived] == ["word 0", "word 1", "word 2", "word 3"]
    assert {word.model for word in arrived} == {"tiny@1"}
    assert printed == arrived
