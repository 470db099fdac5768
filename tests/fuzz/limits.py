"""The limits of what one hostile input may cost."""

import re
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

MAX_S = 1.0
MAX_MB = 100.0
_HANG_S = 60.0
_SLACK_MB = 10.0  # by which the peak may lie above what is resident before an input
_SELF = Path("/proc/self")
_active: list[bool] = []


class TooExpensive(BaseException):
    """An input took too long. No parser may catch it."""


@contextmanager
def limited() -> Iterator[None]:
    """Fail if what is done inside takes more than a second of the processor, a minute by the clock, or 100 MB."""
    peak, before = _memory_mb()
    if peak - before > _SLACK_MB:
        (_SELF / "clear_refs").write_text("5")  # makes the peak what is resident now; slow, so it is seldom done
    began = _processor_s()
    # The handlers stay: a signal may still come after its timer was stopped, and would end the process.
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, _stop)
    _active.append(True)
    signal.setitimer(signal.ITIMER_PROF, 2 * MAX_S)
    signal.setitimer(signal.ITIMER_REAL, _HANG_S)
    try:
        yield
    finally:
        _active.clear()
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.setitimer(signal.ITIMER_REAL, 0.0)
    seconds, megabytes = _processor_s() - began, _memory_mb()[0] - before
    if seconds > MAX_S:
        raise TooExpensive(f"it took {seconds:.1f} s")
    if megabytes > MAX_MB:
        raise TooExpensive(f"it took {megabytes:.0f} MB")


def _stop(number: int, frame: FrameType | None) -> None:
    if _active:
        raise TooExpensive("it takes too long" if number == signal.SIGPROF else "it hangs")


def _processor_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _memory_mb() -> tuple[float, float]:
    """Return the peak of resident memory since the last reset, and what is resident: tracemalloc sees no libraries."""
    peak, resident = re.findall(rb"(?:VmHWM|VmRSS):\s+(\d+) kB", (_SELF / "status").read_bytes())
    return int(peak) / 1000, int(resident) / 1000
