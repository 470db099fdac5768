"""Prefetches items on worker threads before they are needed."""

import ctypes
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
# Arguments of mallopt(3). M_TRIM_THRESHOLD: keep at most this many free bytes. M_MMAP_THRESHOLD: allocations from this
# size on (32 MiB at most) go back to the system as soon as they are freed.
_M_TRIM_THRESHOLD = (-1, 1 << 30)
_M_MMAP_THRESHOLD = (-3, 1 << 25)


def prefetch(make: Callable[[int], Item], threads: int, count: int | None = None) -> Iterator[Item]:
    """Yield `make(number)` for the numbers from 0 on, in order; `count` items, or without end if it is None.

    Prefetched batches cost a GPU no time, and keep the CPU cores busy with one whole batch each: compiled loops and
    numpy release the GIL while they work. An item must depend on nothing but its number, or it would depend on the
    order in which threads run. An exception in `make` is raised here.
    """
    _keep_freed_memory()
    with ThreadPoolExecutor(threads, "prefetch") as pool:
        numbers = iter(range(count)) if count is not None else itertools.count()
        pending = deque(pool.submit(make, number) for number in itertools.islice(numbers, 2 * threads))
        try:
            while pending:
                item = pending.popleft().result()
                pending.extend(pool.submit(make, number) for number in itertools.islice(numbers, 1))
                yield item
        finally:
            for future in pending:
                future.cancel()


def _keep_freed_memory() -> None:
    """Let the C library keep freed memory for the next batch; to allocate it anew costs as much as to fill it."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(*_M_TRIM_THRESHOLD)
        library.mallopt(*_M_MMAP_THRESHOLD)
