"""The dictionary over HTTP: the signs of the active model, and their movements."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.config import SHIPPED_MODEL
from edge.sinks.web.message import ActiveModel
from edge.sinks.web.movement import movement_of
from landmarkers.layout import POINT_COUNT
from landmarkers.take import Provenance, Take
from models.bundle import EXEMPLARS, LABELS
from models.labels import labels_json, read_labels
from tests.edge.sinks.web.client import WebClient
from tests.edge.sinks.web.device import MODEL, Device
from tests.edge.sinks.web.processes import memory_mb
from tests.edge.tiny_bundle import SIGNS, TITLE, write_bundle
from tests.edge.waiting import wait_until

SIGN = 76
LEFT_HAND, NOSE, LEFT_SHOULDER, LEFT_WRIST, LEFT_HIP = 0, 21, 32, 36, 44
GROWTH_MB = 8.0


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    running = Device()
    yield running
    running.stop()


@pytest.fixture
def client(device: Device) -> WebClient:
    """A client of the device, whose model is the shipped one."""
    client = WebClient(device.port)
    activate(device, client, SHIPPED_MODEL, MODEL)
    return client


def activate(device: Device, client: WebClient, folder: Path, title: str) -> None:
    device.activate(title, folder)
    wait_until(lambda: client.get("/api/about").json()["model"] == title, "the model")


def test_every_sign_of_the_model_moves_and_the_memory_is_given_back(device: Device, client: WebClient) -> None:
    client.get("/api/about")
    assert device.sink.pid is not None
    before_mb = memory_mb(device.sink.pid)
    dictionary = client.get("/api/dictionary").json()
    assert dictionary["model"] == MODEL
    signs = dictionary["signs"]
    assert [one["sign_id"] for one in signs] == [sign.sign_id for sign in read_labels(SHIPPED_MODEL / LABELS)]
    assert {one["takes"] for one in signs} == {2}
    for sign in signs[::20]:
        takes = client.get(f"/api/dictionary/{sign['sign_id']}").json()["takes"]
        assert len(takes) == 2
        for take in takes:
            assert len(take["joints"]) == len(take["times"])
            assert take["times"][0] == 0.0
            places = np.array([joint for joints in take["joints"] for joint in joints if joint is not None])
            assert 0.0 <= places.min() <= places.max() <= 1.0
    assert memory_mb(device.sink.pid) < before_mb + GROWTH_MB


def test_skeleton_has_hands_arms_and_face(client: WebClient) -> None:
    first = client.get(f"/api/dictionary/{SIGN}").json()["takes"][0]
    assert 0.05 < first["head"] < 0.2
    signing = next(joints for joints in first["joints"] if joints[LEFT_HAND] is not None)
    assert len(signing) == 75
    assert signing[LEFT_WRIST] == signing[LEFT_HAND]  # the arm reaches the hand
    assert None not in (signing[NOSE], signing[LEFT_SHOULDER])
    assert signing[LEFT_HIP] is None


def test_take_that_shows_nobody_is_no_fault() -> None:
    take = Take(np.full((2, POINT_COUNT, 3), np.nan, np.float32), np.array([0.0, 0.1]), Provenance("clip", "network"))
    assert set(movement_of(take).joints) == {(None,) * 75}


def test_unknown_sign_has_no_movement(client: WebClient) -> None:
    assert client.get("/api/dictionary/9999").status_code == 404
    assert client.get("/api/dictionary/x").status_code == 422


def test_model_without_exemplars_has_signs_alone(device: Device, client: WebClient, tmp_path: Path) -> None:
    activate(device, client, write_bundle(tmp_path / "tiny"), TITLE)
    dictionary = client.get("/api/dictionary").json()
    assert dictionary["model"] == TITLE
    assert [(one["word"], one["takes"]) for one in dictionary["signs"]] == [(sign.word, 0) for sign in SIGNS]
    answer = client.get(f"/api/dictionary/{SIGN}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "the bundle tiny@3 has no exemplars")


def test_signs_are_named_and_restricted_as_the_device_is_configured(device: Device, client: WebClient) -> None:
    signs = read_labels(SHIPPED_MODEL / LABELS)
    labels = labels_json(tuple(sign.model_copy(update={"word_en": f"our {sign.word_en}"}) for sign in signs))
    device.sink.set_model(ActiveModel("ours", str(SHIPPED_MODEL), 0.5, 2, labels.decode(), (SIGN, 77)))
    wait_until(lambda: client.get("/api/dictionary").json()["model"] == "ours", "the model")
    listed = [(one["word_en"], one["takes"]) for one in client.get("/api/dictionary").json()["signs"]]
    assert listed == [("our trachea", 2), ("our lungs", 2)]


def test_damaged_exemplars_leave_the_signs(device: Device, client: WebClient, tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "tiny")
    (folder / EXEMPLARS).write_bytes((SHIPPED_MODEL / EXEMPLARS).read_bytes()[:-1000])
    activate(device, client, folder, TITLE)
    assert {one["takes"] for one in client.get("/api/dictionary").json()["signs"]} == {0}
    answer = client.get(f"/api/dictionary/{SIGN}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "the exemplars of tiny@3 cannot be read")


def test_removed_bundle_is_said(device: Device, client: WebClient, tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "tiny")
    activate(device, client, folder, TITLE)
    shutil.rmtree(folder)
    answer = client.get("/api/dictionary")
    assert (answer.status_code, answer.json()["detail"]) == (503, "the signs of the model cannot be read")
