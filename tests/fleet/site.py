"""Two devices on one network, and the workstation that manages them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.device.device import CheckFailed, Device, wait_until

BRIDGE: Final = "ishara"
WORKSTATION: Final = "10.77.0.1"
NAMES: Final = {"north": "10.77.0.2", "south": "10.77.0.3"}
FRESH: Final = "10.77.0.4"
"""The address of a device that nobody has provisioned."""
USER: Final = "keeper"
PROBATION_S: Final = 15.0
_DISK: Final = "3G"
_BOOT_S: Final = 300.0
_TAKES: Final = "take:/opt/ishara/lib/python{}/site-packages/edge/demo/takes"
_CREDENTIALS: Final = {"mqtt-password": "password"}
_TEMPLATE: Final = """device = {{ device }}
health_every_s = 1.0
[camera]
source = {{ source }}
[model]
store = "/var/lib/ishara/models"
trusted_keys = "/etc/ishara/keys"
probation_s = {{ probation_s }}
[mqtt]
host = "127.0.0.1"
username = "device"
password_file = "mqtt-password"
[metrics]
"""


@dataclass(frozen=True)
class CommandResult:
    """The output and exit code of `ishara-deploy`."""

    code: int
    out: str
    err: str

    def row(self, host: str) -> str:
        """Return the line of the table about a host."""
        found = [line for line in self.out.splitlines() if line.startswith(f"{host} ")]
        if not found:
            raise CheckFailed(f"it tells nothing of {host}: {self.out or self.err}")
        return found[-1]

    def expect(self, code: int, *expected: str) -> "CommandResult":
        """Require this exit code and these texts in the output, without a traceback."""
        text = self.out + self.err
        if self.code != code or "Traceback" in text or any(one not in text for one in expected):
            raise CheckFailed(f"exit {self.code} instead of {code}, with {expected}: {text.strip()[-1500:]}")
        return self


class Workstation:
    """A folder with inventory, keys and bundles, and the command under test."""

    def __init__(self, folder: Path, wheel: Path, wheels: Path, python: str) -> None:
        self.folder = folder
        self.wheel = wheel
        self.wheels = wheels
        self._takes = _TAKES.format(python)
        self._processes: list[subprocess.Popen[str]] = []
        for name in ("key", "stranger"):
            _do(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)])
        (folder / "edge.toml").write_text(_TEMPLATE)
        (folder / "password").write_text("secret of the device")
        self.deploy("keys", "new", "--name", "signer", "--to", str(folder)).expect(0)
        self.deploy("keys", "new", "--name", "stranger", "--to", str(folder / "elsewhere")).expect(0)

    def trust_devices(self, devices: dict[str, Device]) -> None:
        """Authorise the workstation's key on the devices, and record the devices' host keys."""
        known = ""
        for name, device in devices.items():
            device.write(f"home/{USER}/.ssh/authorized_keys", (self.folder / "key.pub").read_text())
            device.run(f"chown -R {USER}: /home/{USER}/.ssh; chmod 700 /home/{USER}/.ssh")
            known += f"{NAMES[name]} {device.path('etc/ssh/ssh_host_ed25519_key.pub').read_text()}"
        (self.folder / "known_hosts").write_text(known)
        self.write_inventory()

    def write_inventory(
        self, more: str = "", known_hosts: str = "known_hosts", credentials: Mapping[str, str] = _CREDENTIALS
    ) -> None:
        """Write the inventory: north is the canary, south the next wave."""
        files = ", ".join(f'{name} = "{file}"' for name, file in credentials.items())
        self.inventory.write_text(
            f'known_hosts = "{known_hosts}"\ntrusted_keys = ["signer.pub"]\n'
            f'[app]\nwheel = "{self.wheel}"\nlock = "{Path("requirements/web.txt").absolute()}"\n'
            f'wheelhouse = "{self.wheels}"\n'
            f'[defaults]\nuser = "{USER}"\nssh_key = "key"\nconfig = "edge.toml"\n'
            f'values = {{ source = "{self._takes}", probation_s = {PROBATION_S} }}\n'
            f"credentials = {{ {files} }}\n"
            f'[hosts.north]\naddress = "{NAMES["north"]}"\ncanary = true\n'
            f'[hosts.south]\naddress = "{NAMES["south"]}"\n' + more
        )

    @property
    def inventory(self) -> Path:
        """Return the inventory's file."""
        return self.folder / "fleet.toml"

    def deploy(self, *arguments: str) -> CommandResult:
        """Run `ishara-deploy` as a program."""
        done = subprocess.run(
            self._command(arguments), capture_output=True, encoding="utf-8", errors="replace", check=False
        )
        return CommandResult(done.returncode, done.stdout, done.stderr)

    def fleet(self, *arguments: str) -> CommandResult:
        """Run `ishara-deploy` with the inventory."""
        return self.deploy(*arguments, "--inventory", str(self.inventory))

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `ishara-deploy` with the inventory without waiting for it."""
        command = self._command((*arguments, "--inventory", str(self.inventory)))
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "deploy", *arguments]


@dataclass(frozen=True)
class Site:
    """The workstation and its devices."""

    workstation: Workstation
    devices: dict[str, Device]
    root: Path
    """The Debian of every device."""

    @property
    def north(self) -> Device:
        """Return the canary."""
        return self.devices["north"]

    @property
    def south(self) -> Device:
        """Return the device of the next wave."""
        return self.devices["south"]

    @contextmanager
    def fresh_device(self) -> Iterator[Device]:
        """Boot a device that nobody has provisioned."""
        with booted("fresh", FRESH, self.root, self.workstation.folder) as device:
            wait_until_up("fresh", device)
            yield device

    def disconnect(self, name: str) -> None:
        """Pull a device's network cable."""
        _do(["ip", "link", "set", f"vb-{name}", "down"])

    def reconnect(self, name: str) -> None:
        """Plug a device's network cable in again."""
        _do(["ip", "link", "set", f"vb-{name}", "up"])

    def limit_rate(self, name: str, rate: str) -> None:
        """Limit the data rate to a device."""
        _do(
            [
                "tc",
                "qdisc",
                "add",
                "dev",
                f"vb-{name}",
                "root",
                "tbf",
                "rate",
                rate,
                "burst",
                "16kb",
                "latency",
                "200ms",
            ]
        )

    def remove_rate_limit(self, name: str) -> None:
        """Remove the limit of the data rate."""
        _do(["tc", "qdisc", "del", "dev", f"vb-{name}", "root"])


@contextmanager
def site(root: Path, wheel: Path, wheels: Path, python: str, folder: Path) -> Iterator[Site]:
    """Boot both devices and exchange keys with the workstation."""
    start_network()
    workstation = Workstation(folder, wheel, wheels, python)
    with ExitStack() as stack:
        devices = {name: stack.enter_context(booted(name, address, root, folder)) for name, address in NAMES.items()}
        for name, device in devices.items():
            wait_until_up(name, device)
        workstation.trust_devices(devices)
        yield Site(workstation, devices, root)


def start_network() -> None:
    """Make the network of the workstation, to which devices are connected as they boot."""
    _do(["ip", "link", "set", "lo", "up"])
    _do(["ip", "link", "add", BRIDGE, "type", "bridge"])
    _do(["ip", "address", "add", f"{WORKSTATION}/24", "dev", BRIDGE])
    _do(["ip", "link", "set", BRIDGE, "up"])


def wait_until_up(name: str, device: Device) -> None:
    """Wait until a device has booted and takes logins. Raises CheckFailed."""
    wait_until(lambda: _is_up(device), f"{name}, booted", _BOOT_S)


@contextmanager
def booted(name: str, address: str, root: Path, folder: Path) -> Iterator[Device]:
    """Boot a device, whose changes are kept in memory; at the end it is shut down."""
    with _disk(folder / f"disk-{name}", root) as system, _started(name, system, folder) as container:
        children = Path(f"/proc/{container.pid}/task/{container.pid}/children")
        # The first child prepares the namespaces of the second, which is the init process.
        wait_until(lambda: _has_network(children), f"{name}'s network", _BOOT_S)
        init = children.read_text().split()[0]
        for change in (["address", "add", f"{address}/24", "dev", "host0"], ["link", "set", "host0", "up"]):
            _do(["nsenter", "--target", init, "--net", "ip", *change])
        _do(["ip", "link", "set", f"vb-{name}", "up"])
        yield Device(int(init))


@contextmanager
def _disk(disk: Path, root: Path) -> Iterator[Path]:
    """Make a disk in memory with the changes of a device to the Debian; yield the whole of both."""
    disk.mkdir()
    _do(["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(disk)])
    try:
        for part in ("changes", "work", "root"):
            (disk / part).mkdir()
        layers = f"lowerdir={root},upperdir={disk / 'changes'},workdir={disk / 'work'}"
        _do(["mount", "-t", "overlay", "overlay", "-o", layers, str(disk / "root")])
        shutil.rmtree(disk / "root/etc/machine-id", ignore_errors=True)
        _do(["ssh-keygen", "-q", "-A", "-f", str(disk / "root")])
        yield disk / "root"
    finally:
        _do(["umount", "--recursive", "--lazy", str(disk)])
        disk.rmdir()


@contextmanager
def _started(name: str, system: Path, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the container of a device; at the end it is shut down."""
    command = [
        *("systemd-nspawn", "--quiet", f"--directory={system}", f"--machine={name}", "--boot"),
        *("--register=no", "--keep-unit", "--console=pipe", f"--network-bridge={BRIDGE}"),
        # A unit's DeviceAllow= needs control groups v2 and BPF programs.
        *("--system-call-filter=bpf", "--capability=CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON"),
        f"--bind-ro={Path(__file__).parents[1] / 'device'}:/srv/programs",
    ]
    environment = os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    log = (folder / f"{name}.log").open("w")
    with log, subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as container:
        try:
            yield container
        finally:
            container.terminate()


def _has_network(children: Path) -> bool:
    found = children.read_text().split()
    if not found:
        return False
    asked = ["nsenter", "--target", found[0], "--net", "ip", "link", "show", "host0"]
    return Device(int(found[0])).attempt("test -d /run/systemd/system").returncode == 0 and (
        subprocess.run(asked, capture_output=True, check=False).returncode == 0
    )


def _is_up(device: Device) -> bool:
    expected = device.attempt("systemctl is-system-running; systemctl is-active ssh").stdout.split()
    return expected in (["running", "active"], ["degraded", "active"])


def _do(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise CheckFailed(f"{' '.join(command)}: {done.stderr.strip()}")
