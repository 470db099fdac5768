"""A Debian with systemd in place of a device: booted from its folder, with its changes kept in memory."""

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
PACKAGES: Final = "/opt/ishara/packages"  # a link: the folder itself is named after Python's version
_CONFIG: Final = "etc/ishara/edge.toml"
_PROGRAMS: Final = "/opt/ishara/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BOOT_S: Final = 60.0
_TIMEOUT_S: Final = 30.0
_POLL_S: Final = 0.05


class CheckFailed(Exception):
    """A check did not see what it expected; the message says what."""


class Device:
    """The running Debian; every command enters the namespaces of its init process."""

    def __init__(self, init: int) -> None:
        self._init = init

    def run(self, command: str) -> str:
        """Run a shell command there and return what it prints. Raises CheckFailed when it fails."""
        done = self.attempt(command)
        if done.returncode != 0:
            raise CheckFailed(f"{command!r} ends with {done.returncode}: {(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()

    def attempt(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a shell command there; its exit code is not checked."""
        inside = ["nsenter", "--target", str(self._init), "--all", "env", "-i", f"PATH={_PROGRAMS}", "LANG=C.UTF-8"]
        return subprocess.run(
            [*inside, "bash", "-c", command], capture_output=True, encoding="utf-8", errors="replace", check=False
        )

    def path(self, name: str) -> Path:
        """Return the path of a file of the device as seen from outside."""
        return Path(f"/proc/{self._init}/root") / name

    def write(self, name: str, text: str) -> None:
        """Write a file of the device."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8")

    def configure(self, text: str) -> None:
        """Write the daemon's configuration."""
        self.write(_CONFIG, text)

    def set_up_unit(self, **settings: str) -> None:
        """Override the unit's [Service] settings until the next call."""
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        self.write(f"etc/systemd/system/{UNIT}.d/test.conf", f"[Service]\n{lines}")
        self.run("systemctl daemon-reload")

    def start(self) -> None:
        """Start or restart the daemon and wait until it reports that it is ready."""
        self.run(f"systemctl reset-failed {UNIT}; systemctl restart {UNIT}")

    def stop(self) -> float:
        """Stop the daemon and return how many seconds it took to exit."""
        began = time.monotonic()
        self.run(f"systemctl stop {UNIT}")
        return time.monotonic() - began

    def show(self, name: str) -> str:
        """Return a property of the unit."""
        return self.run(f"systemctl show --property {name} --value {UNIT}")

    def journal(self) -> list[dict[str, Any]]:
        """Return the journal entries of the daemon itself, with all fields."""
        lines = self.run(f"journalctl --unit {UNIT} _SYSTEMD_UNIT={UNIT} --output json --no-pager").splitlines()
        return [json.loads(line) for line in lines]

    def kill(self, signal: str) -> None:
        """Send a signal to the daemon."""
        self.run(f"systemctl kill --kill-who=main --signal={signal} {UNIT}")


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = _TIMEOUT_S) -> float:
    """Wait until a condition holds and return how many seconds that took. Raises CheckFailed at the timeout."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > timeout_s:
            raise CheckFailed(f"{what} did not come within {timeout_s:.0f} s")
        time.sleep(_POLL_S)
    return time.monotonic() - began


@contextmanager
def booted(root: Path, tasks: Path) -> Iterator[Device]:
    """Boot the device and shut it down at the end; `tasks` holds the landmark networks."""
    options = ["--volatile=overlay", "--register=no", "--keep-unit", "--private-network", "--console=pipe"]
    # DeviceAllow= of a unit needs the unified control groups and the BPF programs that systemd loads into the kernel.
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
            # Read again each time: the first child only prepares the second, which is the init process.
            found = children.read_text().split()
            return bool(found) and Device(int(found[0])).attempt("systemctl is-system-running").stdout == "running\n"

        try:
            wait_until(is_up, "a Debian that runs", _BOOT_S)
            device = Device(int(children.read_text().split()[0]))
            yield device
        finally:
            container.terminate()  # which shuts the Debian down


def quote(text: str) -> str:
    """Return the text as one word of a shell."""
    return shlex.quote(text)
