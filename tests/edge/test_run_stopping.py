"""Tests that a signal stops the daemon in time, whatever it waits for."""

import signal
import socket
import time
from pathlib import Path

import pytest

from landmarkers.take import TAKE_SUFFIX
from models.manifest import SpotterSettings
from tests.edge.clips import network_camera
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import STOP_S, frame_count, mqtt_settings
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port
from tests.edge.tiny_bundle import PLACES, SIGNS, write_bundle
from tests.synthetic_signer import Sign, even_times, take

LONG_SIGN = take(even_times(30, 25.0), Sign(0.2, 25.0, PLACES[2]))


@pytest.fixture(scope="module")
def patient_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny bundle with a spotter that waits half a minute for the end of a sign."""
    return write_bundle(tmp_path_factory.mktemp("patient"), spotter=SpotterSettings(max_duration_s=30.0))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_finishes_the_sign_in_progress_and_stops_in_time(
    number: signal.Signals,
    broker: Mosquitto,
    listener: Listener,
    patient_bundle: Path,
    start_daemon: StartDaemon,
    tmp_path: Path,
) -> None:
    LONG_SIGN.save(tmp_path / f"long{TAKE_SUFFIX}")
    arguments = ("--source", f"take:long{TAKE_SUFFIX}", "--model", patient_bundle, "--jsonl")
    daemon = start_daemon("run", *arguments, settings=mqtt_settings(broker.port))
    listener.wait_until(lambda: frame_count(listener) > 20)
    assert daemon.seconds_to_stop(number) < STOP_S
    assert daemon.wait() == 0
    listener.wait_for_status("offline")
    assert [word.word for word in daemon.words()] == [SIGNS[2].word]
    assert [message.payload for message in listener.on("word")] == [word.to_json() for word in daemon.words()]
    assert "Traceback" not in daemon.logged


def test_signal_stops_in_time_while_the_broker_is_lost(
    patient_bundle: Path, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    LONG_SIGN.save(tmp_path / f"long{TAKE_SUFFIX}")
    arguments = ("--source", f"take:long{TAKE_SUFFIX}", "--model", patient_bundle, "--jsonl")
    daemon = start_daemon("run", *arguments, settings=mqtt_settings(free_port()))
    daemon.wait_for_log("cannot be reached")
    daemon.wait_for_log(" reads ")
    assert daemon.seconds_to_stop(signal.SIGTERM) < STOP_S
    assert daemon.wait() == 0


def test_signal_stops_in_time_while_a_network_camera_is_silent(camera_bundle: Path, start_daemon: StartDaemon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        daemon = start_daemon("run", "--source", address, "--model", camera_bundle)
        daemon.wait_for_log(" reads ")
        assert daemon.seconds_to_stop(signal.SIGTERM) < STOP_S
        assert daemon.wait() == 0


def test_signal_stops_cleanly_while_a_network_camera_delivers_images(
    camera_bundle: Path, start_daemon: StartDaemon
) -> None:
    with network_camera(free_port(), seconds=60) as address:
        daemon = start_daemon("run", "--source", address, "--model", camera_bundle)
        daemon.wait_for_log(" reads ")
        time.sleep(2.0)
        assert daemon.seconds_to_stop(signal.SIGTERM) < STOP_S
        assert daemon.wait() == 0
        assert daemon.logged.splitlines()[-1].startswith("INFO leaving: ")
