"""A Debian with systemd that stands in for the device: booted from its folder, its changes kept in memory."""

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

UNIT: Final = "ishara-edge.service"
PACKAGES: Final = "/opt/ishara/lib/python3.11/site-packages"
_CONFIG: Final = "etc/ishara/edge.toml"
_PROGRAMS: Final = "/opt/ishara/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BOOT_S: Final = 60.0
_PATIENCE_S: Final = 30.0
_LOOK_S: Final = 0.05


class CheckFailed(Exception):
    """What a check wanted to see and did not; the message says so."""


class Device:
    """The Debian while it runs, with one init process that everything is done through."""

    def __init__(self, init: int) -> None:
        self._init = init

    def run(self, command: str) -> str:
        """What a shell command prints there. Raises CheckFailed when it fails."""
        done = self.attempt(command)
        if done.returncode != 0:
            raise CheckFailed(f"{command!r} ends with {done.returncode}: {(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()

    def attempt(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a shell command there, whatever its end."""
        inside = ["nsenter", "--target", str(self._init), "--all", "env", "-i", f"PATH={_PROGRAMS}", "LANG=C.UTF-8"]
        return subprocess.run(
            [*inside, "bash", "-c", command], capture_output=True, encoding="utf-8", errors="replace", check=False
        )

    def path(self, name: str) -> Path:
        """Where a file of the device is seen from outside."""
        return Path(f"/proc/{self._init}/root") / name

    def write(self, name: str, text: str) -> None:
        """Write a file of the device."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8")

    def configure(self, text: str) -> None:
        """Write the daemon's configuration."""
        self.write(_CONFIG, text)

    def set_up_unit(self, **settings: str) -> None:
        """Change the unit's [Service] settings, until the next call."""
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        self.write(f"etc/systemd/system/{UNIT}.d/test.conf", f"[Service]\n{lines}")
        self.run("systemctl daemon-reload")

    def start(self) -> None:
        """Start the daemon, anew if it runs, and wait until it says that it is ready."""
        self.run(f"systemctl reset-failed {UNIT}; systemctl restart {UNIT}")

    def stop(self) -> float:
        """Stop the daemon; how many seconds it took to leave."""
        began = time.monotonic()
        self.run(f"systemctl stop {UNIT}")
        return time.monotonic() - began

    def show(self, name: str) -> str:
        """A property of the unit."""
        return self.run(f"systemctl show --property {name} --value {UNIT}")

    def journal(self) -> list[dict[str, Any]]:
        """What the journal holds of the daemon itself, with all fields."""
        lines = self.run(f"journalctl --unit {UNIT} _SYSTEMD_UNIT={UNIT} --output json --no-pager").splitlines()
        return [json.loads(line) for line in lines]

    def kill(self, signal: str) -> None:
        """Send a signal to the daemon."""
        self.run(f"systemctl kill --kill-who=main --signal={signal} {UNIT}")


def wait_until(is_so: Callable[[], bool], what: str, patience_s: float = _PATIENCE_S) -> float:
    """Wait until it is so; how many seconds that took. Raises CheckFailed when it never is."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > patience_s:
            raise CheckFailed(f"{what} did not come within {patience_s:.0f} s")
        time.sleep(_LOOK_S)
    return time.monotonic() - began


@contextmanager
def booted(root: Path, tasks: Path) -> Iterator[Device]:
    """The device while it runs; `tasks` holds the landmark networks."""
    options = ["--volatile=overlay", "--register=no", "--keep-unit", "--private-network", "--console=pipe"]
    # What a unit's DeviceAllow= rests on: the new control groups, and systemd's little programs for the kernel.
    options += ["--system-call-filter=bpf", "--capability=CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON"]
    environment = os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    networks = f"--bind-ro={tasks}:{PACKAGES}/landmarkers/tasks"
    programs = f"--bind-ro={Path(__file__).parent}:/srv/programs"
    command = ["systemd-nspawn", "--quiet", f"--directory={root}", *options, networks, programs, "--boot"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as container:
        children = Path(f"/proc/{container.pid}/task/{container.pid}/children")

        def is_up() -> bool:
            # Asked anew each time: the first child only prepares the place of the second, which is the init process.
            found = children.read_text().split()
            return bool(found) and Device(int(found[0])).attempt("systemctl is-system-running").stdout == "running\n"

        try:
            wait_until(is_up, "a Debian that runs", _BOOT_S)
            device = Device(int(children.read_text().split()[0]))
            yield device
        finally:
            container.terminate()  # which shuts the Debian down


def quoted(text: str) -> str:
    """The text as one word of a shell."""
    return shlex.quote(text)
