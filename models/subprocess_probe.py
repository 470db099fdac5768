"""Tries something in a process of its own and says in one sentence how that ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

REFUSED_EXIT_CODE: Final = 2
"""The exit code of a trial that tells on standard output why it failed."""

_PATIENCE_S: Final = 180.0
_LONGEST_REASON: Final = 300
_DEATHS: Final = {
    signal.SIGILL: "it dies of an illegal instruction: it was built for a newer processor",
    signal.SIGKILL: "it was killed, most likely for want of memory",
    signal.SIGSEGV: "it dies of a memory fault",
    signal.SIGABRT: "it gives up (abort)",
    signal.SIGXCPU: "it takes more of the processor's time than it may",
}


@dataclass(frozen=True, slots=True)
class SubprocessResult:
    """How a trial ended: what it printed or, when it failed, why."""

    succeeded: bool
    text: str


def run_python(arguments: Sequence[str], *, timeout_s: float = _PATIENCE_S) -> SubprocessResult:
    """Run this Python with some arguments; an exit code other than 0, a signal or silence is a failure."""
    # What is imported here is imported there, and (-P) nothing else that lies in the current folder.
    command = [sys.executable, "-P", *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return SubprocessResult(succeeded=False, text=f"it gave no answer within {timeout_s:.0f} s")
    if done.returncode in (0, REFUSED_EXIT_CODE):
        return SubprocessResult(succeeded=done.returncode == 0, text=done.stdout.strip())
    if done.returncode < 0:
        return SubprocessResult(succeeded=False, text=_death(-done.returncode))
    reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
    return SubprocessResult(succeeded=False, text=reason[:_LONGEST_REASON])


def _death(number: int) -> str:
    if number in _DEATHS:
        return _DEATHS[signal.Signals(number)]
    return f"it was ended by signal {number} ({signal.strsignal(number)})"
