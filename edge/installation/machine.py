"""The machine that becomes a device: commands that run there as root, files that are brought there, and failures."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from landmarkers.plain_text import escape, one_sentence

COMMAND_S: Final = 60
"""The longest time of an ordinary command, in seconds."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason of a failure; `user_action_required` if somebody must mend something before another try."""

    sentence: str
    user_action_required: bool = False


class StepFailed(Exception):
    """A step that failed on one machine; the message says why, `user_action_required` as in Failure."""

    def __init__(self, sentence: str, *, user_action_required: bool = False) -> None:
        super().__init__(sentence)
        self.failure = Failure(escape(sentence), user_action_required)


@dataclass(frozen=True, slots=True)
class Answer:
    """The output of a command on a machine."""

    ok: bool
    out: str
    err: str

    @property
    def reason(self) -> str:
        """The last line of the output, where a program says why it ended."""
        lines = [line for line in (self.err or self.out).splitlines() if line.strip()]
        return one_sentence(lines[-1]) if lines else "no output"


class Machine(Protocol):
    """A machine on which commands run as root, and to which files can be brought."""

    @property
    def launcher(self) -> str:
        """The beginning of a command that must end even if the connection breaks."""

    def attempt(self, command: str, *, stdin: str | None = None, within_s: int = COMMAND_S) -> Answer:
        """Run a shell command and return its output, even if it fails. Raises StepFailed if there is no answer."""

    def run(self, command: str, *, stdin: str | None = None, within_s: int = COMMAND_S) -> str:
        """Run a shell command and return its output. Raises StepFailed with its last line if it fails."""

    def bring(self, file: Path, name: str) -> str:
        """Bring a file to the machine; return its path there. Raises StepFailed."""

    def discard(self, path: str) -> None:
        """Remove a file that was brought and is no longer needed. Raises StepFailed."""

    def bring_wheels(self, folder: Path) -> str:
        """Bring the wheels of a folder to the machine; return their folder there. Raises StepFailed."""


class LocalMachine:
    """The machine on which this program runs, as root. Files are brought into a temporary folder.

    pip reads a requirement's `file:` address, so that every file lies under the plain name that it is given.
    """

    launcher: Final = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def attempt(self, command: str, *, stdin: str | None = None, within_s: int = COMMAND_S) -> Answer:
        """Run a shell command and return its output, even if it fails. Raises StepFailed if it does not end in time."""
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                input=stdin or "",
                capture_output=True,
                check=False,
                timeout=within_s,
                encoding="utf-8",
                errors="replace",
            )
        except subprocess.TimeoutExpired as error:
            raise StepFailed(f"no answer within {within_s} s") from error
        return Answer(done.returncode == 0, done.stdout.removesuffix("\n"), done.stderr)

    def run(self, command: str, *, stdin: str | None = None, within_s: int = COMMAND_S) -> str:
        """Run a shell command and return its output. Raises StepFailed with its last line if it fails."""
        answer = self.attempt(command, stdin=stdin, within_s=within_s)
        if not answer.ok:
            raise StepFailed(answer.reason)
        return answer.out

    def bring(self, file: Path, name: str) -> str:
        """Copy a file into a folder of its own; return the copy's path. Raises StepFailed."""
        try:
            return str(shutil.copyfile(file, Path(tempfile.mkdtemp(dir=self._folder)) / name))
        except OSError as error:
            raise StepFailed(f"{name} cannot be copied: {error.strerror}", user_action_required=True) from error

    def discard(self, path: str) -> None:
        """Remove a copy and its folder."""
        shutil.rmtree(Path(path).parent, ignore_errors=True)

    def bring_wheels(self, folder: Path) -> str:
        """Return the folder itself, which pip can read where it is."""
        return str(folder.absolute())
