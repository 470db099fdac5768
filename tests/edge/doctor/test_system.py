"""The doctor's checks of the system and of the installation."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge.config import EdgeConfig, MqttConfig
from edge.diagnostics.finding import Finding, State, format_row
from edge.doctor.installation import check_opencv_owner, check_permissions, check_raqm, check_stored_files
from edge.doctor.system import check_clock, check_disk, check_power, check_screen

GREEN, YELLOW, RED = "\x1b[32m", "\x1b[33m", "\x1b[31m"


class Kernel:
    """Reports a given state of the clock, as the kernel does."""

    def __init__(self, answer: int) -> None:
        self._answer = answer

    def adjtimex(self, _timex: Any) -> int:
        return self._answer


def write_firmware(folder: Path, bits: int) -> Path:
    """Write the /sys of a Raspberry Pi whose firmware reports these bits."""
    place = folder / "devices/platform/soc/soc:firmware"
    place.mkdir(parents=True)
    (place / "get_throttled").write_text(f"{bits:x}\n")
    return folder


def write_connectors(folder: Path, **states: str) -> Path:
    """Write the /sys of a machine with these display connectors."""
    for name, state in states.items():
        place = folder / "class/drm" / f"card1-{name}"
        place.mkdir(parents=True)
        (place / "status").write_text(f"{state}\n")
    return folder


@pytest.mark.parametrize(("answer", "state"), [(0, State.OK), (5, State.WARNING), (-1, State.SKIPPED)])
def test_unsynchronised_clock_is_a_warning(answer: int, state: State) -> None:
    finding = check_clock(Kernel(answer))
    assert finding.state is state
    assert ("timedatectl" in finding.remedy) is (state is State.WARNING)


def test_clock_of_this_machine_is_reported() -> None:
    assert check_clock().state in (State.OK, State.WARNING)


def test_disk_is_that_of_the_service_or_of_the_nearest_existing_folder(tmp_path: Path) -> None:
    assert str(tmp_path) in check_disk({"STATE_DIRECTORY": str(tmp_path)}).sentence
    finding = check_disk({}, tmp_path / "not" / "yet" / "there")
    assert f"are free in {tmp_path}" in finding.sentence


@pytest.mark.parametrize(("free_mb", "state"), [(10_000, State.OK), (200, State.WARNING), (10, State.FAILED)])
def test_nearly_full_disk_is_reported(free_mb: int, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": free_mb * 1_000_000})
    monkeypatch.setattr("edge.doctor.system.shutil.disk_usage", lambda _place: usage)
    finding = check_disk({}, Path("/"))
    assert finding.state is state
    assert (finding.remedy == "") is (state is State.OK)


@pytest.mark.parametrize(
    ("bits", "state", "words"),
    [
        (0x0, State.OK, "right"),
        (0x50005, State.FAILED, "voltage is too low"),
        (0x50000, State.WARNING, "voltage has been too low since"),
        (0x20002, State.WARNING, "throttles the processor now"),
        (0x40000, State.WARNING, "has been throttled since"),
    ],
)
def test_low_voltage_is_reported_as_the_firmware_reports_it(
    bits: int, state: State, words: str, tmp_path: Path
) -> None:
    finding = check_power(write_firmware(tmp_path, bits))
    assert finding.state is state
    assert words in finding.sentence


def test_machine_without_power_report_is_skipped(tmp_path: Path) -> None:
    assert check_power(tmp_path).state is State.SKIPPED


def test_screen_is_required_only_where_captions_are_configured(tmp_path: Path) -> None:
    assert check_screen(tmp_path, required=False).state is State.SKIPPED
    assert "graphics driver" in check_screen(tmp_path, required=True).sentence
    sysfs = write_connectors(tmp_path, **{"HDMI-A-1": "disconnected", "HDMI-A-2": "disconnected"})
    assert check_screen(sysfs, required=True).state is State.FAILED
    (sysfs / "class/drm/card1-HDMI-A-2/status").write_text("connected\n")
    finding = check_screen(sysfs, required=True)
    assert (finding.state, finding.sentence) == (State.OK, "connected to HDMI-A-2")


def test_arabic_is_shaped_on_this_machine() -> None:
    assert check_raqm(required=True).state is State.OK


def test_two_owners_of_cv2_are_named_with_the_command_that_leaves_one(tmp_path: Path) -> None:
    assert check_opencv_owner().state is State.OK
    other = tmp_path / "opencv_python-4.11.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.11.0\n")
    (other / "top_level.txt").write_text("cv2\n")
    program = (
        "from edge.doctor.installation import check_opencv_owner as check; f = check(); print(f.state); print(f.remedy)"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    state, remedy = answer.stdout.splitlines()
    assert state == "failed"
    assert remedy.startswith(
        "pip uninstall -y opencv-contrib-python opencv-python; pip install --no-deps opencv-contrib"
    )


def test_password_that_every_user_may_read_is_a_warning(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    config = EdgeConfig(mqtt=MqttConfig(host="localhost", username="u", password_file=password))
    password.chmod(0o644)
    finding = check_permissions(config, None)
    assert (finding.state, finding.remedy) == (State.WARNING, f"sudo chmod 600 {password}")
    password.chmod(stat.S_IRUSR | stat.S_IWUSR)
    assert check_permissions(config, None).state is State.OK


def test_device_that_this_user_may_not_open_is_reported_with_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    # /dev/null stands in for a camera: a device that exists on every machine; and root may open them all.
    monkeypatch.setattr("edge.doctor.installation.os.access", lambda _path, _mode: False)
    finding = check_permissions(EdgeConfig(), "v4l2:/dev/null")
    assert finding.state is State.FAILED
    assert f"usermod -aG {Path('/dev/null').group()} $USER" in finding.remedy


def test_terminal_gets_colours() -> None:
    states = {State.OK: GREEN, State.WARNING: YELLOW, State.FAILED: RED}
    for state, colour in states.items():
        assert format_row(Finding("clock", state, "…"), coloured=True).startswith(colour)
        assert "\x1b" not in format_row(Finding("clock", state, "…"))


def test_damaged_files_that_were_put_aside_are_named(tmp_path: Path) -> None:
    config, environment = EdgeConfig(), {"STATE_DIRECTORY": str(tmp_path)}
    assert check_stored_files(config, environment).state is State.OK
    (tmp_path / "models").mkdir()
    for name in ("outbox-camera.sqlite3.damaged", "models/journal.json.damaged-2"):
        (tmp_path / name).touch()
    finding = check_stored_files(config, environment)
    assert finding.state is State.WARNING
    assert finding.sentence.startswith("2 damaged and put aside: ")
    assert str(tmp_path / "models" / "journal.json.damaged-2") in finding.sentence
