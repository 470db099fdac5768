"""A store that another process changes without end is given up after a while, and the daemon starts without it."""

import fcntl
import os
from collections.abc import Iterator

import pytest

from edge.probation.start_count import counted_start
from models.store import BundleStore, StoreUnusable
from tests.models.stock import MakeBundle, active_version


@pytest.fixture
def on_probation(store: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch) -> BundleStore:
    """A store whose active bundle is on probation, for which everybody waits only for a moment."""
    monkeypatch.setattr("models.transactions.run_smoke_test", lambda *_: "")
    monkeypatch.setattr("models.transactions._DAEMON_WAIT_S", 0.2)
    monkeypatch.setattr("models.transactions._OPERATOR_WAIT_S", 0.2)
    store.install(make(4), activate=True)
    return store


@pytest.fixture
def _locked(on_probation: BundleStore) -> Iterator[None]:
    """Hold the lock, as a process does that never ends."""
    with (on_probation.root / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.mark.usefixtures("_locked")
def test_daemon_starts_while_the_store_is_locked(on_probation: BundleStore, caplog: pytest.LogCaptureFixture) -> None:
    with counted_start(on_probation):
        assert active_version(on_probation) == 4
    assert "another process has been changing the store" in caplog.text


@pytest.mark.usefixtures("_locked")
def test_locked_store_is_named_to_the_operator(on_probation: BundleStore, make: MakeBundle) -> None:
    with pytest.raises(StoreUnusable, match="another process has been changing the store .*; try again later"):
        on_probation.install(make(5))
    assert active_version(on_probation) == 4


def test_pipe_in_place_of_the_lock_is_refused_at_once(store: BundleStore) -> None:
    (store.root / ".lock").unlink()
    os.mkfifo(store.root / ".lock")
    with pytest.raises(StoreUnusable, match="cannot be written"):
        store.rollback("it recognises nothing")
