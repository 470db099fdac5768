"""The systems on which the program is installed, and what is to be installed instead of others."""

from pathlib import Path

import pytest

from edge.installation.machine import LocalMachine, StepFailed
from edge.installation.system import require_supported

PI = {
    "system": "debian ",
    "name": "Debian GNU/Linux 13 (trixie)",
    "processor": "aarch64",
    "bits": "64",
    "python": "3 13",
    "systemd": "/usr/bin/systemctl",
    "there": "",
    "free": "   20000000000",
}


@pytest.fixture
def machine(changes: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LocalMachine:
    """A machine that describes itself so."""
    answer = "\n".join(f"{key}={value}" for key, value in (PI | changes).items())
    monkeypatch.setattr(LocalMachine, "run", lambda *_: answer)
    return LocalMachine(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"system": "ubuntu debian", "python": "3 12", "processor": "x86_64"},
        {"python": ""},
        {"there": "/opt/ishara-releases/0.2.0-1", "free": "1000"},
        {"free": ""},
    ],
)
def test_a_debian_of_today_is_supported(machine: LocalMachine) -> None:
    require_supported(machine)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"system": "fedora ", "name": "Fedora Linux 42"}, "this is Fedora Linux 42; install Raspberry Pi OS"),
        ({"systemd": ""}, "with systemd"),
        ({"bits": "32"}, "of 32 bits on the processor aarch64; install its 64-bit version"),
        ({"processor": "armv7l", "bits": "32"}, "armv7l; install its 64-bit version"),
        ({"python": "3 10", "name": "Ubuntu 22.04"}, "Ubuntu 22.04 has Python 3.10, and Ishara needs 3.11"),
        ({"free": "900000000"}, "/opt has 900 MB free, and the program needs 1500 MB"),
    ],
)
def test_the_remedy_is_named_for_another_system(machine: LocalMachine, sentence: str) -> None:
    with pytest.raises(StepFailed) as failed:
        require_supported(machine)
    assert sentence in failed.value.failure.sentence
    assert failed.value.failure.user_action_required
