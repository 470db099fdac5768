"""Tests that the daemon refuses what it cannot use with one sentence and exit code 2."""

import shutil
from pathlib import Path

import pytest

from landmarkers.take import TAKE_SUFFIX, Provenance
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import mqtt_settings
from tests.edge.tiny_bundle import TITLE
from tests.synthetic_signer import even_times, take


def test_damaged_clip_is_refused(camera_bundle: Path, start_daemon: StartDaemon, tmp_path: Path) -> None:
    (tmp_path / "damaged.mp4").write_bytes(b"no video")
    daemon = start_daemon("run", "--source", "damaged.mp4", "--model", camera_bundle, "--exit-at-end")
    assert "damaged.mp4 cannot be read as video" in daemon.refusal()


def test_missing_camera_is_refused_with_exit_at_end(camera_bundle: Path, start_daemon: StartDaemon) -> None:
    daemon = start_daemon("run", "--source", "/dev/no-such-camera", "--model", camera_bundle, "--exit-at-end")
    assert "/dev/no-such-camera cannot be opened" in daemon.refusal()


def test_bundle_for_other_landmarks_is_refused(bundle_folder: Path, start_daemon: StartDaemon, tmp_path: Path) -> None:
    other = take(even_times(30, 1.0), provenance=Provenance(clip="synthetic", landmarker="others"))
    other.save(tmp_path / f"other{TAKE_SUFFIX}")
    sentence = start_daemon("run", "--source", f"take:other{TAKE_SUFFIX}", "--model", bundle_folder).refusal()
    assert f"{TITLE} was trained on landmarks of synthetic, not of others" in sentence


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx"])
def test_damaged_bundle_is_refused(
    name: str, bundle_folder: Path, one_sign: str, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(bundle_folder, damaged)
    (damaged / name).write_bytes((damaged / name).read_bytes()[:-10])
    assert name in start_daemon("run", "--source", one_sign, "--model", damaged).refusal()


def test_folder_without_a_bundle_is_refused(one_sign: str, start_daemon: StartDaemon) -> None:
    assert "no-bundle is no bundle" in start_daemon("run", "--source", one_sign, "--model", "no-bundle").refusal()


def test_unknown_source_is_refused(bundle_folder: Path, start_daemon: StartDaemon) -> None:
    daemon = start_daemon("run", "--source", "nothing.mp4", "--model", bundle_folder)
    assert "there is no source nothing.mp4" in daemon.refusal()


def test_missing_password_file_is_refused(bundle_folder: Path, one_sign: str, start_daemon: StartDaemon) -> None:
    settings = mqtt_settings(1883) | {"ISHARA_MQTT_USERNAME": "u", "ISHARA_MQTT_PASSWORD_FILE": "missing"}
    daemon = start_daemon("run", "--source", one_sign, "--model", bundle_folder, settings=settings)
    assert "mqtt.password_file missing cannot be read" in daemon.refusal()


def test_unknown_key_is_refused(start_daemon: StartDaemon) -> None:
    assert "there is no key nonsense" in start_daemon("run", settings={"ISHARA_NONSENSE": "1"}).refusal()


@pytest.mark.parametrize("arguments", [["run", "--dance"], ["run", "--pace", "slow"], []])
def test_unknown_option_is_refused(arguments: list[str], start_daemon: StartDaemon) -> None:
    daemon = start_daemon(*arguments)
    assert daemon.wait() == 2
    assert "Traceback" not in daemon.logged
    assert "error: " in daemon.logged.splitlines()[-1]
