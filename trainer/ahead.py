"""Makes things ready before they are asked for."""

import threading
from collections.abc import Iterator
from queue import Full, Queue
from typing import Final, TypeVar

Item = TypeVar("Item")
_END: Final = object()
_PATIENCE_S: Final = 0.1


def ahead(items: Iterator[Item], count: int = 2) -> Iterator[Item]:
    """The items, of which a thread makes so many ready while the last one is worked with.

    A batch that is read and stacked meanwhile costs a GPU no time; numpy and torch give up Python's lock while they
    copy. The items come in the same order, so what they are drawn with must not be drawn from elsewhere as well. What
    making an item raises is raised here.
    """
    ready: Queue[object] = Queue(count)
    left = threading.Event()

    def put(item: object) -> None:
        while not left.is_set():
            try:
                return ready.put(item, timeout=_PATIENCE_S)
            except Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put(item)
                if left.is_set():
                    return
            put(_END)
        except Exception as error:  # noqa: BLE001 - raised where the items are used
            put(_Raised(error))

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not _END:
            if isinstance(item, _Raised):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        left.set()
        thread.join()


class _Raised:
    """Stands for an item whose making failed."""

    def __init__(self, error: Exception) -> None:
        self.error = error
