"""The recognition worker: handles what it receives on standard input until that ends.

It is started by `process.py`. Once everything is loaded it can open nothing any more, so that whoever takes it over by
what they send gains nothing. It yields the processor to everything else on the device, and dies rather than take its
memory.
"""

import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.sinks.web.visitors.protocol import MESSAGE_TYPES, LoadModel, ModelLoaded
from edge.workers.channel import ReplyWriter, ignore_signals, receive
from edge.workers.landlock import forbid_changes
from edge.workers.protocol import Failure
from edge.workers.seccomp import forbid_system_calls
from landmarkers.errors import UserError

_NICENESS: Final = 10
_OOM_SCORE: Final = "1000"  # the first to be killed: https://docs.kernel.org/filesystems/proc.html#proc-pid-oom-adj
_MEMORY_BYTES: Final = 1 << 30  # beyond what it uses once everything is loaded; it limits the whole address space
_MESSAGE_S: Final = 20  # of the processor; nothing that is sent takes a second
_EXIT_FAILURE: Final = 3


def main() -> int:
    """Serve until standard input ends; return the exit code."""
    # First of all: every thread that a library starts is as nice, and as restricted, as the one that starts it.
    os.nice(_NICENESS)
    with suppress(OSError):  # a container may not have this file
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")
    forbid_changes()
    ignore_signals()
    replies = ReplyWriter()
    start = next(receive((LoadModel,)), None)
    if start is None:
        return 0

    from edge.sinks.web.visitors.worker import RecognitionWorker

    try:
        worker = RecognitionWorker(start)
        memory = _memory() + _MEMORY_BYTES
        forbid_system_calls()
    except UserError as error:
        replies.send(Failure(str(error)))
        return _EXIT_FAILURE
    _limit_resources(memory)
    replies.send(ModelLoaded(worker.title))
    for message in receive(MESSAGE_TYPES):
        _limit_processor_time()
        reply = worker.handle(message)
        if reply is not None:
            replies.send(reply)
    return 0


def _memory() -> int:
    """Return the size of the address space in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _limit_resources(memory: int) -> None:
    """Allow so much memory, no descriptors but those that are open, nothing written to files, and no core dump."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


def _limit_processor_time() -> None:
    """Let the kernel end this process if it computes for far too long from now on."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + _MESSAGE_S, hard))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the web process is gone
        sys.exit(0)
