"""Sends a file to a device: appends to what is there already, and verifies the whole by its digest.

SFTP runs within the connection that exists anyway. rsync would have to be installed on both machines and would open a
second connection with keys and host keys of its own, and a file that never changes under its digest's name needs none
of its algorithm. An interrupted transfer resumes where it stopped, from another machine and days later, too.
"""

import hashlib
import io
import shlex
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paramiko import SFTPClient, SSHException

from deploy.connection import LinkLost, Remote
from edge.installation.machine import StepFailed
from landmarkers.numbers import is_number

_CHUNK: Final = 256 * 1024
_DIGESTS_S: Final = 1200  # a slow card and a file of gigabytes
_SLOWEST_BYTES_PER_S: Final = 16 * 1024
_INCOMING: Final = ".cache/ishara/incoming"

Progress = Callable[[int, int], None]
"""Receives the number of bytes that are there, and of how many."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file on the device: its path there, and how many of its bytes had to be sent now."""

    path: str
    sent: int


def send(remote: Remote, file: io.BufferedIOBase, name: str, progress: Progress | None = None) -> SentFile:
    """Bring the file to the device under this name, unless it is there. Raises StepFailed, LinkLost."""
    size, digest = file.seek(0, 2), _digest(file)
    folder, home = f"{_INCOMING}/{digest[:16]}", "."
    part, whole = f"{folder}/{name}.part", f"{folder}/{name}"
    try:
        with remote.files(_DIGESTS_S + size / _SLOWEST_BYTES_PER_S) as sftp:
            home = sftp.normalize(".")
            _make_folders(sftp, folder)
            if _size(sftp, whole) == size and _remote_digest(remote, f"{home}/{whole}") == digest:
                return SentFile(f"{home}/{whole}", 0)
            sent = _append(sftp, file, part, size, progress)
            if _size(sftp, part) != size:
                raise OSError("not all bytes arrived")
            if _remote_digest(remote, f"{home}/{part}") != digest:
                # An earlier transfer left damaged bytes there: send everything again.
                sftp.remove(part)
                sent = _append(sftp, file, part, size, progress)
                if _remote_digest(remote, f"{home}/{part}") != digest:
                    sftp.remove(part)
                    raise StepFailed(f"{name} arrived with other bytes than were sent")
            sftp.posix_rename(part, whole)
            return SentFile(f"{home}/{whole}", sent)
    except (SSHException, EOFError) as error:
        raise LinkLost(f"the connection was cut while {name} was sent; the next push resumes there") from error
    except OSError as error:
        raise _failure_of(remote, name, home, folder, error) from error


def remove(remote: Remote, path: str) -> None:
    """Remove a file that was sent and is no longer needed. Raises LinkLost."""
    remote.attempt(shlex.join(["rm", "-rf", "--", str(Path(path).parent)]), as_root=False)


def _append(sftp: SFTPClient, file: io.BufferedIOBase, part: str, size: int, progress: Progress | None) -> int:
    """Send the missing bytes; return their number."""
    there = min(_size(sftp, part), size)
    file.seek(there)
    with sftp.open(part, "r+b" if there else "wb") as target:
        target.truncate(there)
        target.seek(there)
        target.set_pipelined(pipelined=True)
        written = there
        while chunk := file.read(_CHUNK):
            target.write(chunk)
            written += len(chunk)
            if progress is not None:
                progress(written, size)
    return size - there


def _size(sftp: SFTPClient, path: str) -> int:
    """Return the size of a file in bytes; 0 if it does not exist."""
    try:
        return sftp.stat(path).st_size or 0
    except FileNotFoundError:
        return 0


def _make_folders(sftp: SFTPClient, folder: str) -> None:
    path = ""
    for name in folder.split("/"):
        path = f"{path}/{name}" if path else name
        try:
            if stat.S_ISDIR(sftp.stat(path).st_mode or 0):
                continue
        except FileNotFoundError:
            pass
        sftp.mkdir(path, 0o700)


def _remote_digest(remote: Remote, path: str) -> str:
    answer = remote.attempt(shlex.join(["sha256sum", "--", path]), as_root=False, within_s=300)
    return answer.out.lstrip("\\").split(" ")[0] if answer.ok else ""  # it marks an odd file name with a \\


def _digest(file: io.BufferedIOBase) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _failure_of(remote: Remote, name: str, home: str, folder: str, error: OSError) -> StepFailed:
    """Return the reason of a failed write: SFTP says only "Failure", so ask the device whether its disk is full."""
    try:
        answer = remote.attempt(f"df --output=avail --block-size=1 -- {shlex.quote(home)} | tail -1", as_root=False)
    except LinkLost:
        return LinkLost(f"the connection was cut while {name} was sent; the next push resumes there")
    if answer.ok and is_number(answer.out.strip()) and int(answer.out) < _CHUNK:
        # Remove what has arrived, because a full disk would disturb the daemon. The next push starts anew.
        remote.attempt(shlex.join(["rm", "-rf", "--", f"{home}/{folder}"]), as_root=False)
        return StepFailed(f"there is no room for {name}: the device's disk is full", user_action_required=True)
    return StepFailed(f"{name} cannot be written on the device: {error.strerror or error}")
