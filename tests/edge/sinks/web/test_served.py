"""The live page of a real daemon: it agrees with MQTT and Prometheus, through model swaps and reloads."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from landmarkers.take import TAKE_SUFFIX
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import Daemon
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port, is_listening
from tests.edge.service_manager import ServiceManager, managing
from tests.edge.sinks.web.client import WebClient, until
from tests.edge.tiny_bundle import PLACES, TITLE, write_bundle
from tests.edge.waiting import wait_until
from tests.synthetic_signer import Sign, even_times, take

NEXT_TITLE = "tiny@4"
CHANGING = ("ishara_up_seconds", "ishara_memory_bytes", "ishara_frames_per_second", "ishara_temperature_celsius")


@pytest.fixture
def source(tmp_path: Path) -> str:
    """Write a take with a sign every two seconds, which is repeated."""
    take(even_times(30, 2.0), Sign(0.4, 1.3, PLACES[1])).save(tmp_path / f"one{TAKE_SUFFIX}")
    return f"take:one{TAKE_SUFFIX}"


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    with managing(tmp_path) as manager:
        yield manager


@pytest.fixture
def serve(source: str, start_daemon: StartDaemon, tmp_path: Path, manager: ServiceManager) -> Callable[[str], Daemon]:
    """Start a daemon with a configuration in `edge.toml`."""

    def start(configuration: str) -> Daemon:
        (tmp_path / "edge.toml").write_text(configuration)
        settings = {"NOTIFY_SOCKET": str(manager.path)}
        daemon = start_daemon("run", "--config", "edge.toml", "--source", source, settings=settings)
        daemon.wait_for_log("the live page is at ")
        return daemon

    return start


def figures(text: str) -> dict[str, float]:
    """Return the metrics that do not change while the daemon is paused."""
    return {
        f"{sample.name}{json.dumps(sample.labels, sort_keys=True)}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.startswith(CHANGING) and not sample.name.startswith("ishara_visitors")
    }


def test_page_agrees_with_mqtt_and_prometheus(
    serve: Callable[[str], Daemon], broker: Mosquitto, listener: Listener, bundle_folder: Path
) -> None:
    page, metrics = free_port(), free_port()
    serve(
        f"device = 'hall'\n[model]\nfolder = '{bundle_folder}'\n[mqtt]\nhost = '127.0.0.1'\nport = {broker.port}\n"
        f"[metrics]\nport = {metrics}\n[web]\nport = {page}\n"
    )
    client = WebClient(page)
    with client.events() as events:
        words = [until(events, "word").content for _ in range(2)]
        listener.wait_until(lambda: len(listener.on("word")) >= 2)
        assert [json.loads(word.payload) for word in listener.on("word")[:2]] == words
        listener.publish("ishara/hall/command", "pause")
        wait_until(lambda: bool(until(events, "health").content["paused"]), "the pause")
        until(events, "health")
        prometheus = WebClient(metrics)
        expected = pytest.approx(figures(prometheus.get("/metrics").text), rel=0.0, abs=0.001)
        assert figures(client.get("/metrics").text) == expected
        published = json.loads(listener.on("health")[-1].payload)
        assert client.get("/health").json().keys() == published.keys()
        listener.publish("ishara/hall/command", "clear")
        until(events, "clear")
        assert client.words() == []
    assert 'ishara_component_up{component="web"} 1.0' in client.get("/metrics").text


def test_model_swap_is_sent_without_a_disconnect(
    serve: Callable[[str], Daemon], bundle_folder: Path, tmp_path: Path
) -> None:
    port = free_port()
    following = write_bundle(tmp_path / "next", version=4)
    configuration = f"[web]\nport = {port}\n[model]\nfolder = "
    daemon = serve(f"{configuration}'{bundle_folder}'\n")
    client = WebClient(port)
    with client.events() as events:
        assert until(events, "health").content["model"] == TITLE
        assert client.get("/api/about").json()["model"] == TITLE
        (tmp_path / "edge.toml").write_text(f"{configuration}'{following}'\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: until(events, "health").content["model"] == NEXT_TITLE, "the new model")
        assert client.get("/api/about").json()["model"] == NEXT_TITLE
        wait_until(lambda: until(events, "word").content["model"] == NEXT_TITLE, "a word of the new model")


def test_reload_moves_the_page_and_a_failed_one_leaves_it(
    serve: Callable[[str], Daemon], bundle_folder: Path, tmp_path: Path, manager: ServiceManager
) -> None:
    old, new, metrics = free_port(), free_port(), free_port()
    configuration = f"[model]\nfolder = '{bundle_folder}'\n[metrics]\nport = {metrics}\n[web]\nport = "
    daemon = serve(f"{configuration}{old}\n")
    assert WebClient(old).get("/api/about").json()["view"] == "skeleton"
    (tmp_path / "edge.toml").write_text(f"{configuration}{new}\nview = 'off'\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: is_listening(new), "the page on its new port")
    assert not is_listening(old)
    assert WebClient(new).get("/api/about").json()["view"] == "off"
    # The port of the metrics is in use, by this daemon itself.
    (tmp_path / "edge.toml").write_text(f"{configuration}{metrics}\n")
    message_count = len(manager.messages)
    daemon.process.send_signal(signal.SIGHUP)
    manager.wait_for("STATUS", f"web.port {metrics}: cannot be bound", message_count)
    wait_until(lambda: WebClient(new).get("/api/about").json()["view"] == "off", "the page on its old port")
    assert daemon.seconds_to_stop(signal.SIGTERM) < 30.0
    assert daemon.wait() == 0
    assert "lost" not in daemon.logged
    assert not is_listening(new)


def test_page_for_other_machines_without_a_token_is_refused(
    source: str, start_daemon: StartDaemon, bundle_folder: Path
) -> None:
    daemon = start_daemon(
        "run", "--source", source, "--model", bundle_folder, settings={"ISHARA_WEB_ADDRESS": "0.0.0.0"}
    )
    assert daemon.wait() == 2
    assert daemon.logged.splitlines() == [
        (
            "ishara-edge: the configuration with the variable ISHARA_WEB_ADDRESS is wrong: "
            "web: address 0.0.0.0, which other machines reach as well, needs a token_file"
        )
    ]
