"""The findings of `ishara-edge doctor` on camera and broker."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from landmarkers.take import TAKE_SUFFIX
from tests.edge.clips import write_clip
from tests.edge.doctor.program import run_doctor
from tests.edge.mosquitto import Mosquitto
from tests.edge.ports import free_port
from tests.synthetic_signer import even_times, take


def on(port: int) -> dict[str, str]:
    """Return the settings for a broker on this machine."""
    return {"ISHARA_MQTT_HOST": "127.0.0.1", "ISHARA_MQTT_PORT": str(port)}


def test_camera_and_broker_that_are_not_there_are_named(bundle_folder: Path) -> None:
    settings = {"ISHARA_CAMERA_SOURCE": "/dev/no-such-camera"} | on(port := free_port())
    code, findings, _ = run_doctor("--model", bundle_folder, settings=settings)
    assert code == 1
    assert findings["camera"]["state"] == "failed"
    assert "/dev/no-such-camera cannot be opened" in findings["camera"]["sentence"]
    assert findings["broker"]["state"] == "failed"
    assert f"127.0.0.1:{port} cannot be reached" in findings["broker"]["sentence"]


def test_settings_that_set_up_has_saved_are_found(tmp_path: Path, bundle_folder: Path) -> None:
    (tmp_path / "edge.toml").write_text('[camera]\nsource = "/dev/chosen-in-the-browser"\n')
    _, findings, _ = run_doctor("--model", bundle_folder, settings={"STATE_DIRECTORY": str(tmp_path)})
    assert "/dev/chosen-in-the-browser" in findings["camera"]["sentence"]


def test_working_camera_is_reported_with_the_size_of_its_images_and_a_broker_that_accepts_this_device(
    bundle_folder: Path, broker: Mosquitto, tmp_path: Path
) -> None:
    clip, mounted = write_clip(tmp_path / "clip.mp4"), {"ISHARA_CAMERA_ROTATION_DEGREES": "90"}
    _, findings, _ = run_doctor("--model", bundle_folder, "--source", clip, settings=mounted | on(broker.port))
    assert findings["camera"]["state"] == "ok"
    assert "48x64" in findings["camera"]["sentence"]
    assert findings["broker"]["state"] == "ok"


def test_unknown_source_is_named_in_any_locale(bundle_folder: Path) -> None:
    command = [sys.executable, "-m", "edge", "doctor", "--model", str(bundle_folder), "--source", "كلمة.mp4"]
    settings = os.environ | {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, encoding="ascii", env=settings, check=False)
    assert done.returncode == 1
    assert "there is no source ????.mp4" in done.stdout
    assert "Traceback" not in done.stderr


def test_broker_that_refuses_this_device_is_named_beside_a_take_which_is_no_camera(
    bundle_folder: Path, new_broker: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    take(even_times(10, 1.0)).save(tmp_path / f"one{TAKE_SUFFIX}")
    locked = new_broker(user=("entrance", "right"))
    locked.start()
    password = tmp_path / "password"
    credentials = {"ISHARA_MQTT_USERNAME": "entrance", "ISHARA_MQTT_PASSWORD_FILE": str(password)} | on(locked.port)
    found = []
    for text in ("wrong\n", "right\n"):
        password.write_text(text)
        _, findings, _ = run_doctor(
            "--model", bundle_folder, "--source", f"take:one{TAKE_SUFFIX}", settings=credentials
        )
        found.append(findings)
    assert "refuses this device" in found[0]["broker"]["sentence"]
    assert found[1]["broker"]["state"] == "ok"
    assert found[1]["camera"]["state"] == "ok"
    assert "no camera was opened" in found[1]["camera"]["sentence"]
