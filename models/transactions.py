"""The changes of a store of bundles: installation, activation, rollback, and the lock that they hold.

Only a whole and tested bundle gets its folder, by one rename, and `current` changes by one rename: whenever the power
fails, the old or the new model is active afterwards.
"""

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from models.bundle import Bundle, BundleRefused, open_bundle
from models.bundle_source import BundleSource
from models.compatibility import InstallOptions, check_upgrade
from models.durable import create_folder, replace_symlink, sync_folder
from models.installation import (
    INCOMING,
    bundles_to_prune,
    check_free_space,
    create_staging_folder,
    installed_name,
    move_into_place,
    remove,
    remove_bundle,
    remove_leftovers,
)
from models.owner import is_of_another_user
from models.smoke import ResourceLimits, run_smoke_test
from models.store_reader import CURRENT, SHIPPED, StoreReader, StoreUnusable

log = logging.getLogger(__name__)

LOCK: Final = ".lock"
_POLL_S: Final = 0.05
# An installation is bounded too, by its smoke test; the daemon must start whatever another process does.
_OPERATOR_WAIT_S: Final = 180.0
_DAEMON_WAIT_S: Final = 5.0
KEEP_PREVIOUS: Final = 3  # bundles to roll back to; each takes a few megabytes


@contextmanager
def lock_store(root: Path, *, wait_s: float, spared: str | None = None) -> Iterator[None]:
    """Hold the exclusive lock of a store. Leftovers of earlier processes are removed, except for the upload `spared`.

    Raises StoreUnusable, also for any OSError inside, and where another process holds the lock for `wait_s`.
    """
    if is_of_another_user(root):
        raise StoreUnusable(
            f"root changes nothing in {root.absolute()}, which another user owns; run this as that user"
        )
    try:
        create_folder(root)
        if (root / INCOMING).is_symlink():
            raise StoreUnusable(
                f"{root.absolute() / INCOMING} is a symlink, which may lead out of the store; remove it"
            )
        create_folder(root / INCOMING)
        # Without O_NONBLOCK a pipe under this name would make everybody wait for a reader.
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(root / LOCK, flags, 0o600), "wb") as lock:
            _wait_for(lock, root, wait_s)
            remove_leftovers(root, spared)
            yield
    except OSError as error:
        raise StoreUnusable(f"the store {root.absolute()} cannot be written: {error.strerror}") from error


def _wait_for(lock: BinaryIO, root: Path, wait_s: float) -> None:
    """Take the lock. Raises OSError, StoreUnusable."""
    end = time.monotonic() + wait_s
    while not _try(lock):
        if time.monotonic() > end:
            raise StoreUnusable(
                f"another process has been changing the store {root.absolute()} for {wait_s:.0f} s; try again later"
            )
        time.sleep(_POLL_S)


def _try(lock: BinaryIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Transactions:
    """Changes a store under its lock. `shipped` is the bundle that is active while none of the store is."""

    store: StoreReader
    shipped: Path | None
    limits: ResourceLimits

    def install(self, source: BundleSource, options: InstallOptions, *, activate: bool) -> str:
        """Install a bundle, activate it if requested, and return its name.

        Raises BundleRefused, whose sentence addresses the bundle's maker or sender, and StoreUnusable.
        """
        root = self.store.root
        with lock_store(root, wait_s=_OPERATOR_WAIT_S, spared=source.path.name):
            name = self._install_tested(source, options)
            if activate and name != self.store.current_name():
                self._activate(name)
            if os.path.samestat(source.folder, (root / INCOMING).stat()):
                remove(root / INCOMING / source.path.name)
            self._prune()
            return name

    def activate(self, name: str) -> None:
        """Activate an installed bundle, on probation, if it is whole and passes the smoke test.

        The operator names it, so it may be older than the active one. The shipped one is active when none of the store
        is. Raises BundleRefused, StoreUnusable.
        """
        if name == SHIPPED:
            self._activate_shipped()
            return
        folder = self.store.root / name
        with lock_store(self.store.root, wait_s=_OPERATOR_WAIT_S):
            self._check_installed(name)
            self.store.signer(folder)
            run_smoke_test(folder, self.limits)
            self.store.open_compatible(folder)
            if name != self.store.current_name():
                self._activate(name)

    def rollback(self, reason: str, *, by_operator: bool = False) -> Path | None:
        """Activate the bundle that was active before, or the shipped one; return its folder, None for the shipped one.

        Bundles that are damaged by now are skipped. Raises StoreUnusable when the shipped one is active already.
        """
        root = self.store.root
        with lock_store(root, wait_s=_OPERATOR_WAIT_S if by_operator else _DAEMON_WAIT_S):
            current = self.store.current_name()
            if current is None:
                raise StoreUnusable(
                    f"no bundle of the store {root.absolute()} is active, so there is none to roll back from"
                )
            before = next((name for name in self.store.names_before(current) if self.store.is_sound(name)), None)
            try:
                self.store.journal().record_event("rolled back", current, reason).write(root)
            except OSError as error:  # a full disk must not keep a bad model active; only the reason is lost
                log.warning("the journal of %s cannot be written: %s", root.absolute(), error.strerror)
            self._switch(before)
            return None if before is None else root / before

    def remove(self, name: str) -> None:
        """Remove an installed bundle. Raises StoreUnusable where there is no such bundle, or where it is active."""
        root = self.store.root
        with lock_store(root, wait_s=_OPERATOR_WAIT_S):
            self._check_installed(name)
            if name == self.store.current_name():
                raise StoreUnusable(f"{name} is active; activate another bundle first, or `shipped`")
            remove_bundle(root, root / name)
            self.store.journal().record_event("removed", name).write(root)

    def mend_journal(self) -> None:
        """Put a damaged journal aside, and write what can be read of it anew. Raises StoreUnusable."""
        if self.store.is_journal_damaged():  # and `write` decides again, under the lock
            with lock_store(self.store.root, wait_s=_DAEMON_WAIT_S):
                self.store.journal().write(self.store.root)

    def count_start(self) -> None:
        """Count a start of the daemon with the active bundle, while that is on probation. Raises StoreUnusable."""
        with lock_store(self.store.root, wait_s=_DAEMON_WAIT_S):
            if (probation := self.store.probation()) is not None:
                self.store.journal().count_start(probation.name).write(self.store.root)

    def reset_starts(self) -> None:
        """Reset that count, since the daemon has run long enough for its starts to be no sign of a fault."""
        with lock_store(self.store.root, wait_s=_DAEMON_WAIT_S):
            if (probation := self.store.probation()) is not None:
                self.store.journal().reset_starts(probation.name).write(self.store.root)

    def pass_probation(self) -> None:
        """Mark the active bundle as proven. Raises StoreUnusable."""
        with lock_store(self.store.root, wait_s=_DAEMON_WAIT_S):
            if (probation := self.store.probation()) is not None:
                self.store.journal().mark_proven(probation.name).write(self.store.root)

    def _check_installed(self, name: str) -> None:
        """Raise StoreUnusable where there is no bundle of this name."""
        if name not in self.store.names():
            known = ", ".join(self.store.names()) or "none"
            raise StoreUnusable(
                f"there is no bundle {name} in the store {self.store.root.absolute()}; installed: {known}"
            )

    def _install_tested(self, source: BundleSource, options: InstallOptions) -> str:
        """Install a bundle that is whole, signed, compatible and passes the smoke test; return its name.

        Nothing but its signed manifest is read here before the separate process of the smoke test has read all of it.
        """
        root = self.store.root
        check_free_space(root, source.size)
        staging = create_staging_folder(root)
        try:
            source.copy_to(staging)
            self.store.signer(staging)
            run_smoke_test(staging, self.limits)
            bundle = self.store.open_compatible(staging)
            name = installed_name(bundle)
            if name != self.store.current_name():
                self._check_upgrade(bundle, options)
            is_new = move_into_place(staging, root / name)
        except BundleRefused as error:
            # Name the path that the sender knows, not the staging folder.
            raise BundleRefused(str(error).replace(str(staging), str(source.path))) from error
        finally:
            if staging.exists():
                remove(staging)
        if is_new:
            self.store.journal().record_event("installed", name).write(root)
        return name

    def _check_upgrade(self, bundle: Bundle, options: InstallOptions) -> None:
        active = self.store.current() or self.shipped
        if active is None:
            return
        try:
            old = open_bundle(active)
        except BundleRefused as error:
            log.warning("%s cannot be compared with the active bundle: %s", bundle.manifest.title, error)
            return
        check_upgrade(bundle, old, options)

    def _activate(self, name: str) -> None:
        self.store.journal().activate(name, self.store.current_name()).write(self.store.root)
        self._switch(name)

    def _activate_shipped(self) -> None:
        with lock_store(self.store.root, wait_s=_OPERATOR_WAIT_S):
            if self.store.current_name() is not None:
                self.store.journal().record_event("activated", SHIPPED).write(self.store.root)
                self._switch(None)

    def _prune(self) -> None:
        """Remove the bundles that no rollback needs."""
        root, current = self.store.root, self.store.current_name()
        folders = [root / name for name in self.store.names()]
        for name in bundles_to_prune(folders, current, self.store.names_before(current), KEEP_PREVIOUS):
            remove_bundle(root, root / name)

    def _switch(self, name: str | None) -> None:
        link = self.store.root / CURRENT
        if name is not None:
            replace_symlink(link, name)
            return
        link.unlink()
        sync_folder(self.store.root)
