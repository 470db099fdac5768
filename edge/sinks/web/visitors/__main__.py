"""The recognition worker: handles what it receives on standard input until that ends.

It is started by `process.py`. It yields the processor to everything else on the device, and dies rather than take its
memory.
"""

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.sinks.web.visitors.protocol import MESSAGE_TYPES
from edge.workers.channel import ReplyWriter, ignore_signals, receive
from edge.workers.protocol import Failure

_NICENESS: Final = 10
_OOM_SCORE: Final = "1000"  # the first to be killed: https://docs.kernel.org/filesystems/proc.html#proc-pid-oom-adj
_MEMORY_BYTES: Final = 1 << 30  # beyond what it uses once everything is loaded; it limits the whole address space
_EXIT_FAILURE: Final = 3


def main() -> int:
    """Serve until standard input ends; return the exit code."""
    # First of all: every thread that a library starts is as nice as the one that starts it.
    os.nice(_NICENESS)
    with suppress(OSError):  # a container may not have this file
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")
    ignore_signals()
    replies = ReplyWriter()

    from edge.sinks.web.visitors.worker import RecognitionWorker
    from landmarkers.task_bundles import NetworksUnavailable

    try:
        worker = RecognitionWorker()
    except NetworksUnavailable as error:
        replies.send(Failure(str(error)))
        return _EXIT_FAILURE
    _limit_resources()
    for message in receive(MESSAGE_TYPES):
        reply = worker.handle(message)
        if reply is not None:
            replies.send(reply)
        if isinstance(reply, Failure):
            return _EXIT_FAILURE
    return 0


def _limit_resources() -> None:
    """Allow no more memory than is used now and a fixed amount, no files and no core dump."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + _MEMORY_BYTES
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the web process is gone
        sys.exit(0)
