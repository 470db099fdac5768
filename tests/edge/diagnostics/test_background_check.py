"""A running device that is checked at a command, over MQTT and on the page."""

import base64
import json
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from edge.monitoring.health import Health
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import Daemon, mqtt_settings
from tests.edge.doctor.program import run_doctor
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.ports import free_port
from tests.edge.sinks.web.client import TOKEN, WebClient
from tests.edge.tiny_bundle import SIGNS
from tests.edge.waiting import wait_until
from tests.synthetic_signer import Sign, even_times, take

ANSWERS_S = 2.0
"""The command must be answered so soon; the check takes longer."""


@pytest.fixture
def page() -> Iterator[WebClient]:
    client = WebClient(free_port())
    client.client.headers["Authorization"] = f"Bearer {TOKEN}"
    yield client
    client.client.close()


@pytest.fixture
def daemon(
    start_daemon: StartDaemon, bundle_folder: Path, broker: Mosquitto, tmp_path: Path, page: WebClient
) -> Daemon:
    """Start a daemon before somebody who signs without end."""
    take(even_times(15, 3.0), Sign(1.0, 2.0)).save(tmp_path / "signs.take.npz")
    (tmp_path / "token").write_text(TOKEN)
    web = {"ISHARA_WEB_PORT": str(page.client.base_url.port), "ISHARA_WEB_TOKEN_FILE": str(tmp_path / "token")}
    return start_daemon(
        *("run", "--source", "take:signs.take.npz", "--model", bundle_folder),
        settings=mqtt_settings(broker.port) | web,
    )


def ask(listener: Listener, **command: Any) -> dict[str, Any]:
    """Return the response to a command over MQTT."""
    count = len(listener.on("response"))
    listener.publish("ishara/entrance/command", json.dumps(command))
    listener.wait_until(lambda: len(listener.on("response")) > count)
    response: dict[str, Any] = json.loads(listener.on("response")[-1].payload)
    return response


def post(page: WebClient, command: str) -> dict[str, Any]:
    """Return the response to a command of the page."""
    content: dict[str, Any] = page.client.post("/api/command", json={"command": command}).json()
    return content


def test_device_is_checked_while_it_reads_signs(
    daemon: Daemon, broker: Mosquitto, listener: Listener, page: WebClient
) -> None:
    listener.wait_until(lambda: bool(listener.on("word")))
    refused = post(page, "support_bundle")
    assert "begin a health check first" in refused["error"]

    began = time.monotonic()
    response = ask(listener, command="doctor", id="a")
    assert time.monotonic() - began < ANSWERS_S
    assert (response["ok"], response["content"]["phase"], response["content"]["findings"]) == (True, "running", [])
    assert ask(listener, command="doctor")["error"] == "a health check is running already"

    listener.wait_until(lambda: bool(listener.on("doctor")))
    report = json.loads(listener.on("doctor")[-1].payload)
    found = {finding["check"]: finding for finding in report["findings"]}
    assert report["phase"] == "done"
    assert {found[check]["state"] for check in ("bundle", "camera", "broker", "live page", "daemon")} == {"ok"}
    assert "images a second" in found["camera"]["sentence"]
    assert "the daemon is connected" in found["broker"]["sentence"]
    assert "wait" in ask(listener, command="doctor")["error"]
    with listening(broker, "late", clean=True) as late:
        late.wait_until(lambda: bool(late.on("doctor")))  # it is retained
    words = len(listener.on("word"))
    listener.wait_until(lambda: len(listener.on("word")) > words)  # signs are still read
    assert not Health.model_validate_json(listener.on("health")[-1].payload).faults


def test_page_shows_findings_as_they_come_and_offers_the_bundle(daemon: Daemon, page: WebClient) -> None:
    wait_until(lambda: "live page is at" in daemon.logged, "the page")
    wait_until(lambda: len(page.words()) > 0, "a word")
    assert post(page, "doctor")["ok"]
    shown: list[dict[str, Any]] = []
    with page.events() as events:
        for event in events:
            if event.name == "doctor":
                shown.append(event.content)
            if shown and shown[-1]["phase"] == "done":
                break
    assert len({len(state["findings"]) for state in shown}) > 3
    content = post(page, "support_bundle")["content"]
    assert content["name"].endswith(".zip")
    with ZipFile(BytesIO(base64.b64decode(content["content"]))) as bundle:
        files = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert "executed the command doctor" in files["ishara-support/log.txt"]
    assert json.loads(files["ishara-support/health.json"])["words"] > 0
    for text in (TOKEN, *(sign.word for sign in SIGNS), *(sign.word_en for sign in SIGNS)):
        assert [name for name, content in files.items() if text in content] == []


def test_bundle_is_not_given_to_the_broker(daemon: Daemon, listener: Listener) -> None:
    listener.wait_until(lambda: bool(listener.on("status")))
    response = ask(listener, command="support_bundle")
    assert (response["ok"], response.get("content")) == (False, None)


def test_command_line_asks_the_running_daemon(
    daemon: Daemon, broker: Mosquitto, page: WebClient, tmp_path: Path
) -> None:
    """A second program could not open its camera."""
    wait_until(lambda: "live page is at" in daemon.logged, "the page")
    wait_until(lambda: len(page.words()) > 0, "a word")
    settings = mqtt_settings(broker.port) | {
        "ISHARA_CAMERA_SOURCE": "/dev/no-camera",
        "ISHARA_WEB_PORT": str(page.client.base_url.port),
        "ISHARA_WEB_TOKEN_FILE": str(tmp_path / "token"),
    }
    _, findings, _ = run_doctor(settings=settings)
    assert "images a second" in findings["camera"]["sentence"]
    assert "tiny@3 is in use" in findings["bundle"]["sentence"]
