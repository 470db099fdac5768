"""The changes of a store of bundles: installation, activation, rollback, and the lock that they hold.

Only a whole and tested bundle gets its folder, by one rename, and `current` changes by one rename: whenever the power
fails, the old or the new model is active afterwards.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.bundle import Bundle, BundleRefused, open_bundle
from models.bundle_source import open_bundle_source
from models.compatibility import InstallOptions, check_upgrade
from models.durable import chown_to_owner_of, create_folder, replace_symlink, sync_folder
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
from models.smoke import ResourceLimits, run_smoke_test
from models.store_reader import CURRENT, StoreReader, StoreUnusable

log = logging.getLogger(__name__)

LOCK: Final = ".lock"
KEEP_PREVIOUS: Final = 3  # bundles to roll back to; each takes a few megabytes


@contextmanager
def lock_store(root: Path, spared: Path | None = None) -> Iterator[None]:
    """Hold the exclusive lock of a store. Leftovers of earlier processes are removed, except for what is `spared`.

    Raises StoreUnusable, also for any OSError inside.
    """
    try:
        create_folder(root)
        if (root / INCOMING).is_symlink():
            raise StoreUnusable(f"{root / INCOMING} is a symlink, which may lead out of the store; remove it")
        create_folder(root / INCOMING)
        with os.fdopen(os.open(root / LOCK, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "wb") as lock:
            chown_to_owner_of(root, root / LOCK)
            fcntl.flock(lock, fcntl.LOCK_EX)
            remove_leftovers(root, spared)
            yield
    except OSError as error:
        raise StoreUnusable(f"the store {root} cannot be written: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Transactions:
    """Changes a store under its lock. `shipped` is the bundle that is active while none of the store is."""

    store: StoreReader
    shipped: Path | None
    limits: ResourceLimits

    def install(self, source: Path, options: InstallOptions, *, activate: bool) -> str:
        """Install a bundle from a folder or `.tar`, activate it if requested, and return its name.

        Raises BundleRefused, whose sentence addresses the bundle's maker or sender, and StoreUnusable.
        """
        root = self.store.root
        with lock_store(root, spared=source):
            name = self._install_tested(source, options)
            if activate and name != self.store.current_name():
                self._activate(name)
            if source.resolve().parent == (root / INCOMING).resolve():
                remove(source)
            self._prune()
            return name

    def activate(self, name: str) -> None:
        """Activate an installed bundle, on probation, if it is whole and passes the smoke test.

        The operator names it, so it may be older than the active one. Raises BundleRefused, StoreUnusable.
        """
        folder = self.store.root / name
        with lock_store(self.store.root):
            if name not in self.store.names():
                known = ", ".join(self.store.names()) or "none"
                raise StoreUnusable(f"there is no bundle {name} in the store {self.store.root}; installed: {known}")
            self.store.open_compatible(folder)
            run_smoke_test(folder, self.limits)
            if name != self.store.current_name():
                self._activate(name)

    def rollback(self, reason: str) -> Path | None:
        """Activate the bundle that was active before, or the shipped one; return its folder, None for the shipped one.

        Bundles that are damaged by now are skipped. Raises StoreUnusable when the shipped one is active already.
        """
        root = self.store.root
        with lock_store(root):
            current = self.store.current_name()
            if current is None:
                raise StoreUnusable(f"no bundle of the store {root} is active, so there is none to roll back from")
            before = next((name for name in self.store.names_before(current) if self.store.is_sound(name)), None)
            try:
                self.store.journal().record_event("rolled back", current, reason).write(root)
            except OSError as error:  # a full disk must not keep a bad model active; only the reason is lost
                log.warning("the journal of %s cannot be written: %s", root, error.strerror)
            self._switch(before)
            return None if before is None else root / before

    def mend_journal(self) -> None:
        """Put a damaged journal aside, and write what can be read of it anew. Raises StoreUnusable."""
        if self.store.is_journal_damaged():  # and `write` decides again, under the lock
            with lock_store(self.store.root):
                self.store.journal().write(self.store.root)

    def count_start(self) -> None:
        """Count a start of the daemon with the active bundle, while that is on probation. Raises StoreUnusable."""
        with lock_store(self.store.root):
            if (probation := self.store.probation()) is not None:
                self.store.journal().count_start(probation.name).write(self.store.root)

    def reset_starts(self) -> None:
        """Reset that count, since the daemon has run long enough for its starts to be no sign of a fault."""
        with lock_store(self.store.root):
            if (probation := self.store.probation()) is not None:
                self.store.journal().reset_starts(probation.name).write(self.store.root)

    def pass_probation(self) -> None:
        """Mark the active bundle as proven. Raises StoreUnusable."""
        with lock_store(self.store.root):
            if (probation := self.store.probation()) is not None:
                self.store.journal().mark_proven(probation.name).write(self.store.root)

    def _install_tested(self, source: Path, options: InstallOptions) -> str:
        """Install a bundle that is whole, signed, compatible and passes the smoke test; return its name."""
        root = self.store.root
        with open_bundle_source(source) as bundle_source:
            check_free_space(root, bundle_source.size)
            staging = create_staging_folder(root)
            try:
                bundle_source.copy_to(staging)
                bundle = self.store.open_compatible(staging)
                name = installed_name(bundle)
                if name != self.store.current_name():
                    self._check_upgrade(bundle, options)
                is_new = move_into_place(staging, root / name)
            except BundleRefused as error:
                # Name the path that the sender knows, not the staging folder.
                raise BundleRefused(str(error).replace(str(staging), str(source))) from error
            finally:
                if staging.exists():
                    remove(staging)
        try:
            run_smoke_test(root / name, self.limits)
        except BundleRefused:
            if is_new:
                remove_bundle(root, root / name)
            raise
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
