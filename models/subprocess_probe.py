"""Runs Python code that may crash in a separate process, and reports the outcome in one sentence."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

REFUSED_EXIT_CODE: Final = 2
"""The exit code of a process that prints the reason of its failure on standard output."""

_TIMEOUT_S: Final = 180.0
_GRACE_S: Final = 5  # between SIGXCPU and SIGKILL
_MB: Final = 1 << 20
_MAX_REASON_LENGTH: Final = 300
_SIGNAL_REASONS: Final = {
    signal.SIGILL: "it crashed with an illegal instruction: it was built for a newer processor",
    signal.SIGKILL: "it was killed, most likely because memory ran out",
    signal.SIGSEGV: "it crashed with a segmentation fault",
    signal.SIGABRT: "it aborted",
    signal.SIGXCPU: "it exceeded its limit of processor time",
}


@dataclass(frozen=True, slots=True)
class SubprocessResult:
    """The outcome of a process: its output or, when it failed, the reason."""

    succeeded: bool
    text: str
    refused: bool = False
    """It failed, and printed this reason itself."""


def run_python(
    arguments: Sequence[str], *, stdin: str | BinaryIO = "", timeout_s: float = _TIMEOUT_S
) -> SubprocessResult:
    """Run this Python with some arguments, and a text or an open file as its standard input.

    An exit code other than 0, a signal or a timeout is a failure. The process has no terminal, because it may run with
    the rights of a user who must not type into that of root.
    """
    # The process imports from the same paths, and (-P) nothing from the current folder.
    command = [sys.executable, "-P", *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
    # Only one of them, for gevent's `run`, which replaces Python's in the program of the operator, refuses both.
    source: dict[str, Any] = {"input": stdin} if isinstance(stdin, str) else {"stdin": stdin}
    try:
        process = subprocess.run(
            command,
            env=environment,
            **source,
            capture_output=True,
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return SubprocessResult(succeeded=False, text=f"it did not finish within {timeout_s:.0f} s")
    except OSError as error:
        return SubprocessResult(succeeded=False, text=f"{sys.executable} cannot be started: {error.strerror}")
    if process.returncode == 0:
        return SubprocessResult(succeeded=True, text=process.stdout.strip())
    if process.returncode == REFUSED_EXIT_CODE:
        return SubprocessResult(succeeded=False, text=process.stdout.strip(), refused=True)
    if process.returncode < 0:
        return SubprocessResult(succeeded=False, text=_signal_reason(-process.returncode))
    reason = (process.stderr.strip().splitlines() or ["it printed no reason"])[-1]
    return SubprocessResult(succeeded=False, text=reason[:_MAX_REASON_LENGTH])


def limit_resources(seconds: int, megabytes: int) -> None:
    """Limit this process: memory beyond what it takes now, processor time; it can neither write files nor dump core."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + megabytes * _MB
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (value, value))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + _GRACE_S))


def _signal_reason(number: int) -> str:
    if number in _SIGNAL_REASONS:
        return _SIGNAL_REASONS[signal.Signals(number)]
    return f"it was terminated by signal {number} ({signal.strsignal(number)})"
