"""The threads, open files and memory of a process."""

import gc
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_MAX_GROWTH: Final = 0.02  # of the memory
_SETTLING_S: Final = 3.0  # for threads that have to end
_REST_S: Final = 0.3  # after a round, until what it opened is closed again


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources that a process holds at one moment."""

    threads: int
    files: int
    memory_kb: int

    @classmethod
    def of(cls, pid: int) -> Self:
        """Read it from the kernel."""
        process = Path(f"/proc/{pid}")
        fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        return cls(int(fields["Threads"]), len(list((process / "fd").iterdir())), int(fields["VmRSS"].split()[0]))

    def find_leak(self, before: "Usage") -> str | None:
        """Return what the process holds more of than before; None if it holds no more."""
        for name, now, then in (("threads", self.threads, before.threads), ("files", self.files, before.files)):
            if now > then:
                return f"{now} {name} instead of {then}"
        if self.memory_kb > before.memory_kb * (1.0 + _MAX_GROWTH):
            return f"{self.memory_kb} kB instead of {before.memory_kb} kB"
        return None

    def __str__(self) -> str:
        return f"{self.threads} threads, {self.files} files, {self.memory_kb} kB"


def usage_at_rest(pid: int, before: Usage | None = None) -> Usage:
    """Return what the process holds at rest: once it holds no more than before, if that comes within some seconds."""
    gc.collect()  # if it is this process
    deadline = time.monotonic() + _SETTLING_S
    while True:
        time.sleep(_REST_S)
        usage = Usage.of(pid)
        if before is None or usage.find_leak(before) is None or time.monotonic() > deadline:
            return usage
