"""Makes things ready before they are asked for, on threads of their own."""

import ctypes
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import TypeVar

import torch

Item = TypeVar("Item")
# Of mallopt(3): how many bytes that are free are kept at most, and from how many on, 32 MiB at most, memory is the
# system's again as soon as it is free.
_KEPT = (-1, 1 << 30)
_ALWAYS_GIVEN_BACK = (-3, 1 << 25)


def ahead(make: Callable[[int], Item], threads: int, first: int = 0) -> Iterator[Item]:
    """What `make` gives for each number from `first` on, in order and without end, made by so many threads.

    Batches made so cost a GPU no time, and keep the processors busy with whole batches, one each, which is faster than
    all at one batch: torch and numpy give up Python's lock while they work. What an item is must depend on nothing but
    its number, or it would depend on which thread was first as well. What `make` raises is raised here.
    """
    _keep_memory()
    # One thread within torch for each of these, or they would fight for the processors.
    with ThreadPoolExecutor(threads, "ahead", initializer=lambda: torch.set_num_threads(1)) as pool:
        ready: deque[Future[Item]] = deque()
        numbers = count(first)
        try:
            while True:
                while len(ready) < 2 * threads:
                    ready.append(pool.submit(make, next(numbers)))
                yield ready.popleft().result()
        finally:
            for future in ready:
                future.cancel()


def _keep_memory() -> None:
    """Let the C library keep memory that is free for the next batch; to get it anew costs as much as filling it."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(*_KEPT)
        library.mallopt(*_ALWAYS_GIVEN_BACK)
