"""Goes back from a model on probation that the daemon does not even get to work with.

Starts with it are counted, so that a model that ends the daemon does not end it for ever.
"""

import logging
from typing import Final

from models.store import BundleStore, StoreUnusable

log = logging.getLogger(__name__)

MOST_STARTS: Final = 3


def count_start(store: BundleStore | None) -> None:
    """Count this start or, where it is one too many, go back; to be called before a bundle is opened."""
    try:
        probation = None if store is None else store.probation()
        if store is None or probation is None:
            return
        if probation.starts < MOST_STARTS:
            store.count_start()
            return
    except StoreUnusable as error:
        log.warning("starts with a model on probation cannot be counted: %s", error)
        return
    times = probation.starts
    fail_probation(store, f"the daemon was started {times} times with it and never ran long enough to prove it")


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
