"""The process of the visitors' recognition: reads what it is told on standard input until that ends.

It is started by `process.py`. It gives way to all else on the device, and dies rather than take its memory.
"""

import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.sinks.web.visitors.protocol import Message, read

_NICER: Final = 10
_FIRST_TO_GO: Final = "1000"  # https://docs.kernel.org/filesystems/proc.html#proc-pid-oom-adj
_MEMORY: Final = 1 << 30  # beyond what it takes once everything is loaded; it is all of the address space
_NOT_THERE: Final = 3


def main() -> int:
    """Serve until standard input ends; returns the exit code."""
    # First of all: every thread that a library starts is as nice as who starts it.
    os.nice(_NICER)
    with suppress(OSError):  # a container may have no such place
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    # Ctrl-C and a service's end reach all of the daemon's processes; this one ends when its input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # What libraries print must not come between the answers, so standard output becomes standard error.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

        from edge.sinks.web.visitors.work import Work
        from landmarkers.task_bundles import NetworksUnavailable

        try:
            work = Work()
        except NetworksUnavailable as error:
            answers.write(Message({"refused": str(error)}).encode())
            return _NOT_THERE
        _bound()
        answers.write(Message({}).encode())
        answers.flush()
        while (message := read(sys.stdin.buffer)) is not None:
            answers.write(work.answer(message).encode())
            answers.flush()
    return 0


def _bound() -> None:
    """No more memory than is taken by now and so much, no files, no core dump."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + _MEMORY
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the web process is gone
        sys.exit(0)
