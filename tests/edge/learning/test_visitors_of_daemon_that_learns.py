"""A visitor's own camera at a running daemon that is taught: it is read as the device's camera is."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from edge.recognition.word import Word
from landmarkers.tracking import FINGERPRINT
from models.bundle import MANIFEST
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import mqtt_settings
from tests.edge.learning.operator import Operator, learned_version
from tests.edge.learning.teachable_bundle import NEW_PLACE, write_teachable_bundle
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port
from tests.edge.sinks.web.visitor_server import frames_of, receive_until, visit
from tests.edge.waiting import wait_until
from tests.synthetic_signer import PROVENANCE, Sign, even_times, take

COFFEE = "قهوة"


class VisitorAtPlace:
    """A visitor of a daemon's page who signs where the bundle knows no sign."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._take = frames_of(take(even_times(15, 4.0), Sign(1.0, 2.0, NEW_PLACE)).landmarks())

    def words(self) -> list[Word] | None:
        """Return the words that are read; None if the recognition or the page was replaced meanwhile."""
        try:
            with visit(self._port, "?words=1") as socket:
                socket.send(b"\2" + self._take)
                answers: list[dict[str, Any]] = receive_until(socket, "take", "error")
        except (OSError, InvalidHandshake, ConnectionClosed):
            return None
        if "error" in answers[-1]:
            return None
        return [Word.model_validate(answer["word"]) for answer in answers if "word" in answer]

    def is_read(self, word: str | None, model: str = "tiny@3") -> bool:
        """Return True if this one word is read with this model; None stands for no word."""
        words = self.words()
        return words is not None and [(one.word, one.model) for one in words] == ([(word, model)] if word else [])


@pytest.mark.timeout(200)
def test_learned_word_is_read_of_visitors_until_it_is_undone(
    start_daemon: StartDaemon, broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    port, folder = free_port(), write_teachable_bundle(tmp_path / "tiny", landmarker=FINGERPRINT)
    provenance = replace(PROVENANCE, landmarker=FINGERPRINT)
    take(even_times(15, 6.5), Sign(5.0, 6.0, NEW_PLACE), provenance=provenance).save(tmp_path / "signs.take.npz")
    (tmp_path / "edge.toml").write_text(f'[web]\nport = {port}\n[learning]\nasked_by = "Reception"\n')
    daemon = start_daemon(
        *("run", "--config", "edge.toml", "--source", "take:signs.take.npz", "--model", folder, "--pace", "fast"),
        settings=mqtt_settings(broker.port) | {"ISHARA_MQTT_HOLD_AFTER_RECONNECT_S": "0"},
    )
    daemon.wait_for_log("the live page is at")
    operator, visitor = Operator(listener), VisitorAtPlace(port)
    wait_until(lambda: visitor.is_read(None), "silence of a word that nobody taught")
    assert operator.send(command="teach", person="amal", word=COFFEE, takes=2)["ok"]
    wait_until(lambda: visitor.is_read(COFFEE), "the taught word, by a visitor's camera")
    assert learned_version(listener) == 1

    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"version": 4}))
    assert operator.send(command="teach", person="nour", word=COFFEE, takes=1)["ok"]
    wait_until(lambda: visitor.is_read(COFFEE, "tiny@4"), "the taught word with the next version of both models")

    for _ in range(2):
        assert operator.send(command="learned", action="undo")["ok"]
    wait_until(lambda: visitor.is_read(None, "tiny@4"), "silence of the word that was undone")
