"""Prefetching of batches on worker threads."""

import time

import pytest

from trainer.training.prefetch import prefetch


def test_items_come_in_order() -> None:
    def make(number: int) -> int:
        time.sleep(0.01 if number % 2 == 0 else 0.0)
        return number

    items = prefetch(make, 3)
    assert [next(items) for _ in range(12)] == list(range(12))
    items.close()  # type: ignore[attr-defined]
    assert list(prefetch(make, 3, 8)) == list(range(8))
    assert list(prefetch(make, 3, 2)) == [0, 1]


def test_exception_is_raised_at_its_item() -> None:
    def make(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    items = prefetch(make, 2)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(items)
