"""Tests of sources that end or are lost, and of a hot processor."""

import os
import signal
from pathlib import Path

from edge.monitoring.frame_rate import Rate
from edge.monitoring.health import Health
from tests.edge.clips import network_camera, write_clip
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import STOP_S, frame_count, mqtt_settings
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port


def hot_health(listener: Listener) -> list[Health]:
    """Return the health that was published while the processor was hot."""
    healths = [Health.model_validate_json(message.payload) for message in listener.on("health")]
    return [health for health in healths if health.rate is Rate.HOT]


def test_daemon_reconnects_a_lost_camera_and_logs_loss_and_return_once(
    camera_bundle: Path, broker: Mosquitto, listener: Listener, start_daemon: StartDaemon
) -> None:
    port = free_port()
    source = ("--source", f"http://user:secret@127.0.0.1:{port}/")
    with network_camera(port, seconds=120):
        daemon = start_daemon("run", *source, "--model", camera_bundle, settings=mqtt_settings(broker.port))
        listener.wait_until(lambda: frame_count(listener) > 0)
    daemon.wait_for_log("retrying")
    with network_camera(port, seconds=120):
        daemon.wait_for_log(f":{port} is back")
        before = frame_count(listener)
        listener.wait_until(lambda: frame_count(listener) > before)
        assert daemon.seconds_to_stop(signal.SIGTERM) < STOP_S
    assert daemon.wait() == 0
    logged = [line for line in daemon.logged.splitlines() if not line.startswith("INFO ")]
    camera = f"WARNING the camera http://127.0.0.1:{port}"
    assert logged == [f"{camera} delivers no more images; retrying until it is back", f"{camera} is back"]
    assert "secret" not in daemon.logged


def test_throttled_device_reports_it_and_processes_fewer_frames(
    camera_bundle: Path,
    broker: Mosquitto,
    listener: Listener,
    start_daemon: StartDaemon,
    tmp_path: Path,
) -> None:
    vcgencmd = tmp_path / "vcgencmd"
    vcgencmd.write_text('#!/bin/sh\n[ "$1" = get_throttled ] && echo throttled=0xe0006\n')
    vcgencmd.chmod(0o755)
    write_clip(tmp_path / "nobody.mp4", frames=300, rate=30.0)
    settings = mqtt_settings(broker.port) | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "ISHARA_RATE_MEASURE_EVERY_S": "1",
    }
    daemon = start_daemon("run", "--source", "nobody.mp4", "--model", camera_bundle, settings=settings)
    daemon.wait_for_log("the processor is throttled")
    listener.wait_until(lambda: len(hot_health(listener)) > 0)
    assert hot_health(listener)[0].throttled


def test_daemon_exits_at_the_end_of_a_clip(camera_bundle: Path, start_daemon: StartDaemon, tmp_path: Path) -> None:
    write_clip(tmp_path / "nobody.mp4")
    arguments = ("--source", "nobody.mp4", "--model", camera_bundle, "--jsonl", "--pace", "fast", "--exit-at-end")
    daemon = start_daemon("run", *arguments)
    assert daemon.wait() == 0
    assert daemon.words() == []
    assert '"frames":10' in daemon.logged


def test_source_restarts_at_its_end_by_default(
    bundle_folder: Path, one_sign: str, broker: Mosquitto, listener: Listener, start_daemon: StartDaemon
) -> None:
    start_daemon("run", "--source", one_sign, "--model", bundle_folder, settings=mqtt_settings(broker.port))
    listener.wait_until(lambda: len(listener.on("word")) > 1 or len(listener.on("status")) > 1)
    assert [message.payload for message in listener.on("status")] == ["online"]
