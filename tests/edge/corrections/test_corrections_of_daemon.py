"""A word of a running daemon that is put right over MQTT."""

import json
from pathlib import Path

from edge.config import LearningConfig
from edge.consent.session import ConsentSessions
from edge.monitoring.health import Health
from edge.monitoring.status import DeviceStatus
from edge.recognition.word import Word
from edge.utterances.utterance import Utterance
from landmarkers.consent import Purpose
from landmarkers.take import Take
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import mqtt_settings
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.tiny_bundle import SIGNS
from tests.edge.waiting import wait_until


def test_correction_reaches_subscribers_and_the_console_and_its_take_is_kept(
    broker: Mosquitto, listener: Listener, bundle_folder: Path, one_sign: str, tmp_path: Path, start_daemon: StartDaemon
) -> None:
    settings = mqtt_settings(broker.port) | {"ISHARA_LEARNING_ASKED_BY": "Reception"}
    learning = tmp_path / "state" / "ishara" / "learning-entrance"
    sessions = ConsentSessions(learning, LearningConfig(asked_by="Reception"), DeviceStatus())
    consent = sessions.begin("مريم", Purpose.TRAINING, minutes=30)
    daemon = start_daemon("run", "--source", one_sign, "--model", bundle_folder, "--jsonl", settings=settings)
    listener.wait_until(lambda: bool(listener.on("word")))
    said = Word.model_validate_json(listener.on("word")[0].payload)
    listener.publish("ishara/entrance/command", json.dumps({"command": "correct", "seq": said.seq, "sign_id": 71}))
    listener.publish("ishara/entrance/command", json.dumps({"command": "correct", "seq": said.seq, "sign_id": 5}))
    listener.wait_until(lambda: len(listener.on("response")) == 2)
    responses = [json.loads(message.payload) for message in listener.on("response")]
    assert [response["ok"] for response in responses] == [True, False]
    assert responses[1]["error"] == "the model knows no sign 5"
    listener.wait_until(lambda: len(listener.on("word")) >= 2)
    words = [Word.model_validate_json(message.payload) for message in listener.on("word")]
    correction = next(word for word in words if word.corrects == said.seq)
    assert (correction.word, correction.late) == (SIGNS[2].word, False)
    wait_until(lambda: correction.to_json() in daemon.printed, "the correction on the console")
    kept = learning / "takes" / "مريم" / "train" / "0071" / "01.take.npz"
    wait_until(kept.exists, "the take")
    assert Take.load(kept).provenance.consent == consent
    assert _keeping_for(listener) is Purpose.TRAINING
    listener.publish("ishara/entrance/command", '{"command": "consent", "action": "stop"}')
    listener.wait_until(lambda: _keeping_for(listener) is None)
    wait_until(lambda: f'"text":"{SIGNS[2].word}' in daemon.printed, "the line with the right word")
    utterances = [json.loads(line) for line in daemon.printed.splitlines() if '"utterance"' in line]
    assert said.seq in Utterance.model_validate(utterances[0]).words


def _keeping_for(listener: Listener) -> Purpose | None:
    return Health.model_validate_json(listener.on("health")[-1].payload).keeping_for
