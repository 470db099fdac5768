"""Starts a real sshd on this machine with keys of its own, whose SFTP root is a folder of the test."""

import getpass
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.edge.ports import free_port, is_listening
from tests.edge.waiting import wait_until


@dataclass(frozen=True)
class Sshd:
    """A running sshd: its port, its trusted key and host key, and the folder that receives files."""

    port: int
    folder: Path
    key: Path
    known_hosts: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def inventory(self, more: str = "", known_hosts: Path | None = None, key: Path | None = None) -> Path:
        """Write an inventory with this machine as its only host."""
        path = self.folder / "fleet.toml"
        path.write_text(
            f'known_hosts = "{known_hosts or self.known_hosts}"\n[hosts.here]\naddress = "127.0.0.1"\n'
            f'port = {self.port}\nuser = "{getpass.getuser()}"\nssh_key = "{key or self.key}"\n{more}'
        )
        return path


def make_key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)
    return path


@contextmanager
def running(folder: Path) -> Iterator[Sshd]:
    program = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")
    assert program is not None, "sshd is not installed; on Debian: apt install $(cat tests/debian-packages.txt)"
    Path("/run/sshd").mkdir(exist_ok=True)  # sshd drops its privileges into it; Debian's unit creates it
    home, port = folder / "home", free_port()
    home.mkdir()
    host_key, key = make_key(folder / "host"), make_key(folder / "key")
    shutil.copy(key.with_suffix(".pub"), folder / "authorized")
    known_hosts = folder / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{port} {host_key.with_suffix('.pub').read_text()}")
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {host_key}\nAuthorizedKeysFile {folder}/authorized\nStrictModes no\n"
        f"PermitRootLogin yes\nPasswordAuthentication no\nPidFile none\nSubsystem sftp internal-sftp -d {home}\n"
    )
    with subprocess.Popen([program, "-D", "-e", "-f", config], stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: is_listening(port), "sshd")
            yield Sshd(port, folder, key, known_hosts)
        finally:
            process.terminate()
