"""A running daemon whose model and vocabulary are chosen over MQTT."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from landmarkers.tracking import FINGERPRINT
from models.store import SHIPPED, BundleStore
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import mqtt_settings
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.tiny_bundle import write_bundle
from tests.synthetic_signer import even_times, take


@pytest.mark.usefixtures("without_smoke_test")
def test_model_and_vocabulary_are_chosen_while_the_daemon_runs(
    broker: Mosquitto, listener: Listener, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    store = BundleStore(tmp_path / "models")
    third, fourth = (
        store.install(write_bundle(tmp_path / f"made-{version}", landmarker=FINGERPRINT, version=version))
        for version in (3, 4)
    )
    store.activate(third)
    recorded = take(even_times(10, 60.0))
    here = replace(recorded.provenance, landmarker=FINGERPRINT)
    replace(recorded, provenance=here).save(tmp_path / "long.take.npz")
    (tmp_path / "edge.toml").write_text("[vocabulary.sets.one]\nsigns = [75]\n")
    settings = mqtt_settings(broker.port) | {"ISHARA_MODEL_STORE": str(store.root), "STATE_DIRECTORY": str(tmp_path)}
    start_daemon("run", "--config", "edge.toml", "--source", "take:long.take.npz", settings=settings)
    listener.wait_for_status("online")

    def model() -> dict[str, Any]:
        content: dict[str, Any] = json.loads(listener.on("model")[-1].payload)
        return content

    assert (model()["installed_as"], model()["vocabulary_name"]) == (third, "default")
    components = json.loads(listener.on("config")[-1].payload)["components"]
    assert components["active_model"]["options"] == [SHIPPED, third, fourth]
    assert components["vocabulary"]["options"] == ["default", "one"]
    listener.publish("ishara/entrance/command", json.dumps({"command": "activate", "model": fourth}))
    listener.wait_until(lambda: model()["installed_as"] == fourth)
    assert store.current_name() == fourth
    listener.publish("ishara/entrance/command", json.dumps({"command": "vocabulary", "vocabulary": "one"}))
    listener.wait_until(lambda: model()["vocabulary_name"] == "one")
    assert (model()["installed_as"], model()["vocabulary"]) == (fourth, 1)
