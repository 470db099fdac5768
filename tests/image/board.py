"""An emulated 64-bit Arm board that boots a card with the image's own kernel, on a network of its own."""

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.device.device import CheckFailed
from tests.image.card import Card

PAGE_PORT: Final = 8300
SSH_PORT: Final = 22
_MEMORY_MB: Final = 2048
_SSH_S: Final = 180.0
# The image's command line is for a Raspberry Pi: its console differs, and the journal is shown there.
_KERNEL_ARGUMENTS: Final = (
    "earlycon console=ttyAMA0 systemd.journald.forward_to_console=1 systemd.show_status=1 "
    # An emulated processor is slow. The initramfs sleeps for all of rootdelay, and without it gives up after 30 s.
    "rootdelay=60 udev.event_timeout=900 systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900"
)


@dataclass(frozen=True, slots=True)
class Board:
    """The running board: address and ports as this machine reaches them, its console, and the key that opens it."""

    address: str
    page_port: int
    ssh_port: int
    console: Path
    key: Path

    def run(self, command: str) -> str:
        """Run a shell command there as root and return what it prints. Raises CheckFailed."""
        done = self.ssh(["-i", str(self.key), "-o", "PasswordAuthentication=no"], command)
        if done.returncode != 0:
            raise CheckFailed(f"{command!r} ends with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
        return done.stdout.strip()

    def ssh(self, options: Sequence[str], command: str) -> "subprocess.CompletedProcess[str]":
        """Run a shell command there with other options of ssh; its exit code is not checked."""
        known = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        known += ["-F", "none", "-o", f"ConnectTimeout={_SSH_S:.0f}", "-o", "BatchMode=yes", "-p", str(self.ssh_port)]
        return subprocess.run(
            ["ssh", *known, *options, f"root@{self.address}", command],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=3 * _SSH_S,
            check=False,
        )

    def log(self) -> str:
        """Return what stood on the serial console so far: kernel, systemd and the journal."""
        return self.console.read_text(encoding="utf-8", errors="replace")


@contextmanager
def booted(card: Card, folder: Path, key: Path) -> Iterator[Board]:
    """Boot a card; the board is switched off at the end."""
    files = card.boot_files()
    kernel, initramfs = (
        next(name for name in files if name.startswith(start)) for start in ("vmlinuz-", "initrd.img-")
    )
    command_line = (
        card.read_boot("cmdline.txt", folder / "cmdline.txt")
        .read_text()
        .replace("console=tty0 ", "")
        .replace("quiet", "")
    )
    page_port, ssh_port = _free_ports(2)
    forwarded = f"hostfwd=tcp:127.0.0.1:{page_port}-:{PAGE_PORT},hostfwd=tcp:127.0.0.1:{ssh_port}-:{SSH_PORT}"
    console = folder / "console.log"
    command = ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", str(_MEMORY_MB)]
    command += ["-kernel", str(card.read_boot(kernel, folder / "kernel"))]
    command += ["-initrd", str(card.read_boot(initramfs, folder / "initramfs"))]
    command += ["-append", f"{command_line.strip()} {_KERNEL_ARGUMENTS}"]
    command += [
        "-drive",
        f"file={card.path},format=raw,if=none,id=card,cache=unsafe",
        "-device",
        "virtio-blk-pci,drive=card",
    ]
    command += [
        "-netdev",
        f"user,id=net,hostname=board,{forwarded}",
        "-device",
        "virtio-net-pci,netdev=net,romfile=",
        "-device",
        "virtio-rng-pci",
    ]
    command += ["-display", "none", "-monitor", "none", "-serial", f"file:{console}", "-no-reboot"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as emulator:
        try:
            yield Board("127.0.0.1", page_port, ssh_port, console, key)
        finally:
            emulator.terminate()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
