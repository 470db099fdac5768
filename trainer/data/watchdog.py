"""Ends a process that stands still: in a decoder that never returns, or on a disk that no longer answers.

The system ends it by a signal, since Python itself cannot interrupt what runs in C. Whoever runs jobs in processes
(executor.py) then gives the job up and continues with the others.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def stall_limit(seconds: float) -> Iterator[Callable[[], None]]:
    """End this process by SIGALRM unless the function that is given is called again and again within these seconds."""
    timer = signal.ITIMER_REAL

    def show_progress() -> None:
        signal.setitimer(timer, seconds)

    show_progress()
    try:
        yield show_progress
    finally:
        signal.setitimer(timer, 0.0)
