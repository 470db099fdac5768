"""Rolls back a model on probation with which the daemon crashes before it can be watched.

Starts with it are counted, so that a model that crashes the daemon does not do so for ever.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from landmarkers.errors import UserError
from models.store import BundleStore, StoreUnusable

log = logging.getLogger(__name__)

MAX_STARTS: Final = 3
_NOT_COUNTED: Final = "starts with a model on probation cannot be counted: %s"


@contextmanager
def counted_start(store: BundleStore | None) -> Iterator[None]:
    """Count this start or, if it is one too many, roll back. Must be entered before a bundle is opened.

    An orderly exit, because somebody asked for it or because the user must act, is not the model's fault: repeated
    restarts while a device is set up or switched off must not lose a sound model.
    """
    _count_start(store)
    try:
        yield
    except UserError:
        _reset_starts(store)
        raise
    _reset_starts(store)


def _count_start(store: BundleStore | None) -> None:
    try:
        if store is None:
            return
        store.mend_journal()
        probation = store.probation()
        if probation is None:
            return
        if probation.starts < MAX_STARTS:
            store.count_start()
            return
    except StoreUnusable as error:
        log.warning(_NOT_COUNTED, error)
        return
    starts = probation.starts
    fail_probation(store, f"the daemon was started {starts} times with it and never ran long enough to prove it")


def _reset_starts(store: BundleStore | None) -> None:
    try:
        if store is not None and store.probation() is not None:
            store.reset_starts()
    except StoreUnusable as error:
        log.warning(_NOT_COUNTED, error)


def fail_probation(store: BundleStore | None, reason: str) -> None:
    """Roll back the active model if it is on probation."""
    try:
        probation = None if store is None else store.probation()
        if store is None or probation is None:
            return
        store.rollback(reason)
    except StoreUnusable as error:
        log.warning("a model on probation has failed (%s) and cannot be rolled back: %s", reason, error)
        return
    log.error("the model %s is rolled back: %s", probation.name, reason)
