"""The image's root file system as a container with systemd, whose programs QEMU emulates one by one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.device.device import Device, wait_until
from tests.image.board import PAGE_PORT, SSH_PORT, Board

SERVICES: Final = ("ishara-edge", "avahi-daemon", "systemd-resolved")
_HERE: Final = "10.78.0.1/24"
_ADDRESS: Final = "10.78.0.2"
_BOOT_S: Final = 600.0
# systemd starts its programs by a file descriptor, which only an entry with the flag O passes on. Kernels since 6.7
# keep such entries for each user namespace: this one is the container's own.
_INIT: Final = r"""mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
printf %s ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:'\
'\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/run/qemu-aarch64:OCF' \
    >/proc/sys/fs/binfmt_misc/register
exec /usr/lib/systemd/systemd systemd.journald.forward_to_console=1"""
# What needs the hardware, the card's partitions, or messages to the kernel about networks that QEMU does not know; and
# what would remove the entry above.
_MASKED: Final = (
    *("ishara-grow-root.service", "systemd-remount-fs.service", "systemd-binfmt.service", "console-getty.service"),
    *("systemd-networkd.service", "systemd-networkd.socket", "systemd-networkd-persistent-storage.service"),
)
# QEMU emulates neither a new process in a mount namespace nor the identifiers of mounts: without either, systemd hides
# no files from a service and hands it no credentials.
_EVERY_SERVICE: Final = """[Service]
LoadCredential=
LoadCredentialEncrypted=
ImportCredential=
SetCredential=
ProtectSystem=no
ProtectHome=no
ProtectProc=default
ProtectControlGroups=no
ProtectHostname=no
ProtectKernelLogs=no
ProtectKernelModules=no
ProtectKernelTunables=no
PrivateDevices=no
PrivateMounts=no
PrivateTmp=no
PrivateUsers=no
BindPaths=
InaccessiblePaths=
ReadOnlyPaths=
ReadWritePaths=
"""
# A dynamic user implies what is off above. Its file must not be named as that of all services, which it would replace.
_UNIT: Final = "[Service]\nDynamicUser=no\nUser=daemon\nGroup=daemon\nTimeoutStartSec=600\nWatchdogSec=600\n"


@dataclass(frozen=True, slots=True)
class Container(Board):
    """The running container; commands enter its namespaces."""

    init: int

    def run(self, command: str) -> str:
        """Run a shell command there as root and return what it prints. Raises CheckFailed."""
        return Device(self.init).run(command)


@contextmanager
def running(root: Path, emulator: Path, folder: Path, key: Path) -> Iterator[Container]:
    """Boot a root file system that may be changed, with a network to this machine; it is killed at the end."""
    units = root / "etc/systemd/system"
    for name, text in (("service.d/emulated.conf", _EVERY_SERVICE), ("ishara-edge.service.d/user.conf", _UNIT)):
        (units / name).parent.mkdir(exist_ok=True)
        (units / name).write_text(text)
    for name in _MASKED:
        (units / name).unlink(missing_ok=True)
        (units / name).symlink_to("/dev/null")
    command = ["systemd-nspawn", "--quiet", f"--directory={root}", "--machine=ishara-image", "--register=no"]
    command += ["--keep-unit", "--console=read-only", "--private-users=identity"]
    command += ["--network-veth", f"--bind-ro={emulator}:/run/qemu-aarch64", "/bin/sh", "-c", _INIT]
    environment = os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    console = folder / "console.log"
    with (
        console.open("w") as log,
        subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as container,
    ):
        children = Path(f"/proc/{container.pid}/task/{container.pid}/children")
        try:
            # The first child prepares the namespaces of the second, which is the init process.
            wait_until(lambda: "Hostname set to" in console.read_text(errors="replace"), "systemd", _BOOT_S)
            init = children.read_text().split()[0]
            inside = ["nsenter", "--target", init, "--net"]
            for link, address, where in (("ve-ishara-image", _HERE, []), ("host0", f"{_ADDRESS}/24", inside)):
                subprocess.run([*where, "ip", "address", "add", address, "dev", link], check=True)
                subprocess.run([*where, "ip", "link", "set", link, "up"], check=True)
            yield Container(_ADDRESS, PAGE_PORT, SSH_PORT, console, key, int(init))
        finally:
            container.kill()  # QEMU does not pass on the signal to halt; what it wrote is not kept
