"""A device over SSH, as the steps of an installation see it."""

import hashlib
import shlex
from pathlib import Path
from typing import Final

from deploy.connection import Remote
from deploy.transfer import Progress, remove, send
from edge.installation.machine import COMMAND_S, Answer
from edge.installation.program import wheels_in

_WHEELS: Final = ".cache/ishara/wheels"
_DIGESTS_S: Final = 300


class RemoteMachine:
    """A connected device. Files are sent over its connection; an interrupted transfer resumes."""

    # A unit of its own continues when the connection breaks.
    launcher: Final = "systemd-run --quiet --wait --pipe --collect"

    def __init__(self, remote: Remote, progress: Progress | None = None) -> None:
        self._remote = remote
        self._progress = progress

    def attempt(self, command: str, *, stdin: str | None = None, within_s: int = COMMAND_S) -> Answer:
        """Run a shell command as root and return its output, even if it fails. Raises LinkLost."""
        return self._remote.attempt(command, stdin=stdin, within_s=within_s)

    def run(self, command: str, *, stdin: str | None = None, within_s: int = COMMAND_S) -> str:
        """Run a shell command as root and return its output. Raises StepFailed with its last line if it fails."""
        return self._remote.run(command, stdin=stdin, within_s=within_s)

    def bring(self, file: Path, name: str) -> str:
        """Send a file, unless it is there; return its path on the device. Raises StepFailed, LinkLost."""
        with file.open("rb") as content:
            return send(self._remote, content, name, self._progress).path

    def discard(self, path: str) -> None:
        """Remove a file that was sent. Raises LinkLost."""
        remove(self._remote, path)

    def bring_wheels(self, folder: Path) -> str:
        """Send the wheels that the device lacks; return their folder on the device. Raises StepFailed, LinkLost."""
        remote = self._remote
        home = remote.run("pwd", as_root=False)
        remote.run(f"mkdir -p {_WHEELS}", as_root=False)
        digests = f"cd {_WHEELS} && sha256sum -- *.whl 2>/dev/null || true"
        there = set(remote.run(digests, as_root=False, within_s=_DIGESTS_S).split("\n"))
        for path in wheels_in(folder):
            with path.open("rb") as wheel:
                if f"{hashlib.file_digest(wheel, 'sha256').hexdigest()}  {path.name}" in there:
                    continue
            sent = self.bring(path, path.name)
            move = shlex.join(["mv", "--", sent, f"{_WHEELS}/"])
            remote.run(f"{move} && {shlex.join(['rmdir', '--', str(Path(sent).parent)])}", as_root=False)
        return f"{home}/{_WHEELS}"
