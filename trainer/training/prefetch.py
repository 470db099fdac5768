"""Makes things ready before they are asked for, on threads of their own."""

import ctypes
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
# Of mallopt(3): how many bytes that are free are kept at most, and from how many on, 32 MiB at most, memory is the
# system's again as soon as it is free.
_KEPT = (-1, 1 << 30)
_ALWAYS_GIVEN_BACK = (-3, 1 << 25)


def prefetch(make: Callable[[int], Item], threads: int, count: int | None = None) -> Iterator[Item]:
    """What `make` gives for each number from 0 on, in order, `count` of them or without end, made by so many threads.

    Batches made so cost a GPU no time, and keep the processors busy with whole batches, one each: compiled loops and
    numpy give up Python's lock while they work. What an item is must depend on nothing but its number, or it would
    depend on which thread was first as well. What `make` raises is raised here.
    """
    _keep_memory()
    with ThreadPoolExecutor(threads, "ahead") as pool:
        numbers = iter(range(count)) if count is not None else itertools.count()
        ready = deque(pool.submit(make, number) for number in itertools.islice(numbers, 2 * threads))
        try:
            while ready:
                item = ready.popleft().result()
                ready.extend(pool.submit(make, number) for number in itertools.islice(numbers, 1))
                yield item
        finally:
            for future in ready:
                future.cancel()


def _keep_memory() -> None:
    """Let the C library keep memory that is free for the next batch; to get it anew costs as much as filling it."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(*_KEPT)
        library.mallopt(*_ALWAYS_GIVEN_BACK)
