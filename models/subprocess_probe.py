"""Runs Python code that may crash in a separate process, and reports the outcome in one sentence."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

REFUSED_EXIT_CODE: Final = 2
"""The exit code of a process that prints the reason of its failure on standard output."""

_TIMEOUT_S: Final = 180.0
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


def run_python(arguments: Sequence[str], *, text: str = "", timeout_s: float = _TIMEOUT_S) -> SubprocessResult:
    """Run this Python with some arguments, and a text as its standard input.

    An exit code other than 0, a signal or a timeout is a failure.
    """
    # The process imports from the same paths, and (-P) nothing from the current folder.
    command = [sys.executable, "-P", *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
    try:
        process = subprocess.run(
            command,
            env=environment,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return SubprocessResult(succeeded=False, text=f"it did not finish within {timeout_s:.0f} s")
    if process.returncode in (0, REFUSED_EXIT_CODE):
        return SubprocessResult(succeeded=process.returncode == 0, text=process.stdout.strip())
    if process.returncode < 0:
        return SubprocessResult(succeeded=False, text=_signal_reason(-process.returncode))
    reason = (process.stderr.strip().splitlines() or ["it printed no reason"])[-1]
    return SubprocessResult(succeeded=False, text=reason[:_MAX_REASON_LENGTH])


def _signal_reason(number: int) -> str:
    if number in _SIGNAL_REASONS:
        return _SIGNAL_REASONS[signal.Signals(number)]
    return f"it was terminated by signal {number} ({signal.strsignal(number)})"
