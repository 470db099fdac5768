"""Processes, as Linux tells of them (https://docs.kernel.org/filesystems/proc.html)."""

from pathlib import Path


def children(pid: int) -> list[int]:
    """The numbers of the processes that this one started."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def module_of(pid: int) -> str:
    """The module that a Python process runs, as `-m` names it."""
    arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return arguments[arguments.index("-m") + 1]


def memory_mb(pid: int) -> float:
    """What a process holds now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS"))
