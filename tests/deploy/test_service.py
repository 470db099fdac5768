"""The unit, as systemd itself judges it; that it works is shown by `make test-device`."""

import os
import re
import shutil
import subprocess
from pathlib import Path

UNIT = Path(__file__).parents[2] / "deploy" / "ishara-edge.service"
WORST_SCORE = 2.0
# systemd before 254 does not know these, and says so.
NEWER_KEYS = {"RestartSteps", "RestartMaxDelaySec"}


def analyze(*arguments: str | Path) -> str:
    """What systemd-analyze says."""
    program = shutil.which("systemd-analyze", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/bin"]))
    assert program is not None, "systemd is not installed; on Debian: apt install $(cat tests/debian-packages.txt)"
    done = subprocess.run(
        [program, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        check=False,
    )
    return done.stdout + done.stderr


def settings() -> list[tuple[str, str]]:
    lines = (line for line in UNIT.read_text().splitlines() if line and line[0] not in "#[")
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def test_the_unit_is_as_locked_up_as_promised() -> None:
    told = analyze("security", "--offline=true", "--no-pager", UNIT)
    found = re.search(r"Overall exposure level for ishara-edge\.service: (\d+\.\d+)", told)
    assert found is not None, told
    assert float(found[1]) <= WORST_SCORE


def test_systemd_understands_every_key_of_the_unit(tmp_path: Path) -> None:
    # A program that is there stands in for the daemon's, whose absence would be told too.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/ishara/bin/ishara-edge", "/bin/true"))
    told = analyze("verify", "--man=no", unit)
    unknown = set(re.findall(r"Unknown (?:key|key name|lvalue) '(\w+)'", told))
    assert unknown <= NEWER_KEYS
    about_the_unit = [line for line in told.splitlines() if UNIT.name in line and "Unknown key" not in line]
    assert about_the_unit == []


def test_what_the_user_must_mend_starts_no_loop_and_all_else_is_started_again() -> None:
    assert {("Restart", "always"), ("RestartPreventExitStatus", "2"), ("StartLimitIntervalSec", "0")} <= set(settings())


def test_the_camera_and_the_screen_stay_within_reach() -> None:
    allowed = {value for name, value in settings() if name == "DeviceAllow"}
    assert {"char-video4linux rw", "char-media rw", "char-drm rw"} <= allowed
    groups = next(value for name, value in settings() if name == "SupplementaryGroups")
    assert {"video", "render", "input"} <= set(groups.split())
