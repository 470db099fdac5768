"""The newcomer's laptop, on which `ishara-deploy provision HOST` is the one command of the whole set-up."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.device.device import CheckFailed, Device
from tests.fleet.site import USER

_PASSWORD: Final = "raspberry of the test"
_CODE: Final = re.compile(r"\b([0-9A-Z]{3,5}(?:-[0-9A-Z]{3,5})+)\b")
_URL: Final = re.compile(r"https://[^\s#]+/setup")
_FINGERPRINT: Final = re.compile(r"\b(?:[0-9A-F]{2}:){31}[0-9A-F]{2}\b")


@dataclass(frozen=True, slots=True)
class Printed:
    """The lines about the set-up page that end the installation."""

    url: str
    code: str
    fingerprint: str


class Laptop:
    """A folder with a wheel, its dependencies and a password, and nothing else."""

    def __init__(self, folder: Path, wheel: Path, wheels: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._wheel = wheel
        self._wheels = wheels
        (folder / "password").write_text(_PASSWORD)

    def give_login(self, device: Device) -> None:
        """Give the device's user the password that the newcomer knows."""
        device.run(f"echo '{USER}:{_PASSWORD}' | chpasswd")

    def provision(self, address: str) -> Printed:
        """Install the device; return what the newcomer reads at the end. Raises CheckFailed."""
        command = [
            *(sys.executable, "-m", "deploy", "provision", f"{USER}@{address}", "--yes", "--accept-host-key", "new"),
            *("--password-file", str(self._folder / "password"), "--inventory", str(self._folder / "fleet.toml")),
            *("--wheel", str(self._wheel), "--lock", str(Path("requirements/web.txt").absolute())),
            *("--wheelhouse", str(self._wheels)),
        ]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
        text = done.stdout + done.stderr
        found = [one.search(done.stdout) for one in (_URL, _CODE, _FINGERPRINT)]
        if done.returncode != 0 or None in found:
            raise CheckFailed(f"provision ends with {done.returncode}: {text[-2000:]}")
        return Printed(*(one[0] for one in found if one is not None))
