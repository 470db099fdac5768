"""Goes back from a model on probation that the daemon does not even get to work with.

Starts with it are counted, so that a model that ends the daemon does not end it for ever.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from landmarkers.errors import UserError
from models.store import BundleStore, StoreUnusable

log = logging.getLogger(__name__)

MAX_STARTS: Final = 3


@contextmanager
def counted_start(store: BundleStore | None) -> Iterator[None]:
    """Count this start or, where it is one too many, go back; to be entered before a bundle is opened.

    A daemon that leaves in an orderly way, because it was told to or because its user must act, did not end by its
    model's fault: whoever restarts it while setting up a device, or switches that off, shall not lose a sound one.
    """
    _count_start(store)
    try:
        yield
    except UserError:
        _forget_starts(store)
        raise
    _forget_starts(store)


def _count_start(store: BundleStore | None) -> None:
    try:
        probation = None if store is None else store.probation()
        if store is None or probation is None:
            return
        if probation.starts < MAX_STARTS:
            store.count_start()
            return
    except StoreUnusable as error:
        log.warning("starts with a model on probation cannot be counted: %s", error)
        return
    times = probation.starts
    fail_probation(store, f"the daemon was started {times} times with it and never ran long enough to prove it")


def _forget_starts(store: BundleStore | None) -> None:
    try:
        if store is not None and store.probation() is not None:
            store.reset_starts()
    except StoreUnusable as error:
        log.warning("starts with a model on probation cannot be counted: %s", error)


def fail_probation(store: BundleStore | None, reason: str) -> None:
    """Go back from the model that serves if it is on probation."""
    try:
        probation = None if store is None else store.probation()
        if store is None or probation is None:
            return
        store.rollback(reason)
    except StoreUnusable as error:
        log.warning("a model on probation has failed (%s) and cannot be rolled back: %s", reason, error)
        return
    log.error("the model %s is rolled back: %s", probation.name, reason)
