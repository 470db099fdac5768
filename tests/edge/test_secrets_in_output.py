"""No password in the address of a network camera is printed, logged or published, however it is written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.monitoring.health import Health
from tests.edge.cameras.scripted_server import scripted_server, status
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import mqtt_settings
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.tiny_bundle import SIGNS

SECRET = "S3CRET"
HOST = "127.0.0.1:9"
WORKING = [
    f"rtsp://user:{SECRET}@{HOST}/live",
    f"RTSP://user:{SECRET}@{HOST}/live",
    f" http://{HOST}/live?user=admin&password=p@{SECRET}",
    f"https://user:p@{SECRET}@{HOST}/{SECRET}",
    f"rtsps://user:1/{SECRET}@{HOST}/live",
]
REFUSED = [
    f"rtsp://user:p/{SECRET}@{HOST}/live",
    f"rtsp://user:p\n{SECRET}@{HOST}/live",
    f"rtmp://user:{SECRET}@{HOST}/live",
    f"Rtsp:/user:{SECRET}@{HOST}/live",
    f"user:{SECRET}@{HOST}/live",
    f"take:rtsp://user:{SECRET}@{HOST}/live",
    f"picamera:rtsp://user:{SECRET}@{HOST}/live",
]


@pytest.mark.parametrize("address", [*WORKING, *REFUSED])
def test_config_check_shows_no_password(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ISHARA_CAMERA_SOURCE", address)
    assert main(["config", "check"]) == 0
    printed = capsys.readouterr().out
    assert SECRET not in printed
    assert "127.0.0.1" in json.loads(printed)["camera"]["source"] or "1/" in address


@pytest.mark.parametrize("variable", ["ISHARA_CAMERA", "ISHARA_DEVICE", "ISHARA_MQTT_HOST", "ISHARA_WEB_ORIGINS"])
@pytest.mark.parametrize("address", [*WORKING, *REFUSED])
def test_refusal_of_an_address_in_a_wrong_place_shows_no_password(
    variable: str, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, address)
    assert main(["config", "check"]) == 2
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert printed.err.startswith("ishara-edge: ")


@pytest.mark.parametrize("address", [*WORKING, *REFUSED])
def test_refused_command_line_shows_no_password(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["run", address], ["run", f"--sauce={address}"], [address], ["run", "--pace", address]):
        monkeypatch.setattr(sys, "argv", ["ishara-edge", *arguments])
        with pytest.raises(SystemExit):
            main()
        assert SECRET not in capsys.readouterr().err


@pytest.mark.parametrize("address", REFUSED)
def test_refused_source_shows_no_password(
    address: str, camera_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = ["--source", address, "--model", str(camera_bundle)]
    record = ["record", *source, "--word", SIGNS[1].word, "--to", str(tmp_path / "takes")]
    for arguments in (["run", *source, "--exit-at-end"], record, ["bench", *source]):
        assert main(arguments) == 2
        printed = capsys.readouterr()
        assert SECRET not in printed.out + printed.err
        assert "127.0.0.1" in printed.err


@pytest.mark.parametrize("address", WORKING)
def test_recording_of_a_lost_camera_shows_no_password(
    address: str, camera_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    record = [
        "record",
        "--source",
        address,
        "--model",
        str(camera_bundle),
        "--word",
        SIGNS[1].word,
        "--to",
        str(tmp_path / "t"),
    ]
    assert main(record) == 2
    printed = capfd.readouterr()
    assert SECRET not in printed.out + printed.err
    assert "the camera at " in printed.err


def test_daemon_neither_logs_nor_publishes_a_password(
    camera_bundle: Path, broker: Mosquitto, listener: Listener, start_daemon: StartDaemon
) -> None:
    refuse = status("401 Unauthorized", f'WWW-Authenticate: Basic realm="{SECRET}"')
    with scripted_server(refuse) as server:
        address = f" HTTP://user:p@{SECRET}@127.0.0.1:{server.port}/{SECRET}?key={SECRET}"
        settings = mqtt_settings(broker.port) | {"ISHARA_CAMERA_SOURCE": address}
        daemon = start_daemon("run", "--model", camera_bundle, settings=settings)
        daemon.wait_for_log("(401)")
        listener.wait_until(lambda: any("(401)" in message.payload for message in listener.on("health")))
        daemon.process.terminate()
        assert daemon.wait() == 0
    health = [Health.model_validate_json(message.payload) for message in listener.on("health")]
    fault = f"the camera at http://127.0.0.1:{server.port} refuses the user name or password (401)"
    assert any(fault in sentence for one in health for sentence in one.faults.values())
    published = "".join(message.payload for topic in ("health", "status", "model") for message in listener.on(topic))
    assert SECRET not in daemon.logged + daemon.printed + published


@pytest.mark.parametrize("address", [WORKING[2], REFUSED[0]])
def test_doctor_shows_no_password_and_the_remedy_of_a_network_camera(address: str, bundle_folder: Path) -> None:
    command = [sys.executable, "-m", "edge", "doctor", "--json", "--model", str(bundle_folder)]
    environment = os.environ | {"ISHARA_CAMERA_SOURCE": address}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)
    assert SECRET not in done.stdout + done.stderr
    (camera,) = (one for one in json.loads(done.stdout)["findings"] if one["check"] == "camera")
    assert camera["state"] == "failed"
    assert "127.0.0.1" in camera["sentence"]
    assert "plug" not in camera["remedy"] + camera["sentence"]
    assert "group video" not in done.stdout
