"""The bundles installed on a device, and which of them serves.

    incoming/                      what is on its way, and what is about to be removed
    <name>-<version>-<hash8>/      an installed bundle; eight digits of its manifest's sha256
    current -> <name>-…            the bundle that serves; without it the daemon reads the one it was shipped with
    journal.json                   what served before, see models/journal.py

Only a whole and proved bundle gets its folder, by one rename, and `current` changes by one rename: at whatever moment
the power fails, the old or the new model serves afterwards.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from landmarkers.errors import UserError
from models.bundle import MANIFEST, Bundle, BundleRefused, open_bundle
from models.bundle_source import open_bundle_source
from models.compatibility import InstallOptions, check_landmarks_available, check_upgrade
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
from models.journal import Event, Journal
from models.smoke import ResourceLimits, run_smoke_test

if TYPE_CHECKING:  # what loads cryptography is loaded where there are keys
    from models.signature import TrustedKeys

log = logging.getLogger(__name__)

CURRENT: Final = "current"
LOCK: Final = ".lock"
KEEP_PREVIOUS: Final = 3  # bundles to go back to; each takes a few megabytes


class StoreUnusable(UserError):
    """A store that cannot be read or written, or does not hold what is asked of it; the message says why."""


@dataclass(frozen=True, slots=True)
class Probation:
    """What the bundle that serves has yet to prove: since when, after which one, after how many starts."""

    name: str
    previous: str | None
    """The folder's name of the bundle to go back to; None for the one that the daemon was shipped with."""
    since: datetime
    starts: int


@dataclass(frozen=True, slots=True)
class InstalledBundle:
    """One installed bundle, for lists. Its manifest is unread where that is damaged."""

    name: str
    folder: Path
    is_current: bool
    is_previous: bool
    on_probation: bool


class BundleStore:
    """The folder of installed bundles. Any process may read it; those that write wait for one another."""

    def __init__(
        self,
        root: Path,
        keys: "TrustedKeys | None" = None,
        *,
        shipped: Path | None = None,
        limits: ResourceLimits | None = None,
    ) -> None:
        """With `keys` every bundle must be signed by one of them. `shipped` serves while none of the store does."""
        self.root = root
        self.keys = keys
        self._shipped = shipped
        self._limits = limits or ResourceLimits()

    def current(self) -> Path | None:
        """The folder of the bundle that serves; None when that is the one which the daemon was shipped with."""
        name = self._current()
        return None if name is None else self.root / name

    def previous(self) -> Path | None:
        """The folder of the bundle that `rollback` leads to; None for the one that the daemon was shipped with."""
        name = self._previous()
        return None if name is None else self.root / name

    def installed(self) -> list[InstalledBundle]:
        """All installed bundles by name. Raises StoreUnusable."""
        current, previous, probation = self._current(), self._previous(), self.probation()
        return [
            InstalledBundle(
                name=name,
                folder=self.root / name,
                is_current=name == current,
                is_previous=name == previous,
                on_probation=name == current and probation is not None,
            )
            for name in self._names()
        ]

    def events(self) -> tuple[Event, ...]:
        """What happened to bundles, the newest first. Raises StoreUnusable."""
        return self._journal().events

    def open(self, folder: Path) -> Bundle:
        """Open an installed bundle, whole and signed as is asked for. Raises BundleRefused, SignatureRefused."""
        if self.keys is not None:
            self.keys.verify(folder)
        return open_bundle(folder)

    def install(self, path: Path, options: InstallOptions = InstallOptions(), *, activate: bool = False) -> str:  # noqa: B008  # frozen
        """Take a bundle from a folder or `.tar` into the store, and let it serve if that is wanted; returns its name.

        Raises BundleRefused, with the sentence for whoever made or sent it, and StoreUnusable.
        """
        with self._writing(spared=path):
            name = self._bring_in(path, options)
            if activate and name != self._current():
                self._let_serve(name)
            if path.resolve().parent == (self.root / INCOMING).resolve():
                remove(path)
            self._prune()
            return name

    def open_compatible(self, folder: Path) -> Bundle:
        """Open an installed bundle that is made for the landmarks of this device. Raises BundleRefused."""
        bundle = self.open(folder)
        check_landmarks_available(bundle)
        return bundle

    def signer(self, folder: Path) -> str | None:
        """Whose key signed an installed bundle, where that can be told. Raises BundleRefused."""
        return None if self.keys is None else self.keys.verify(folder).name

    def activate(self, name: str) -> None:
        """Let an installed bundle serve, on probation, if it proves whole and able.

        The operator names it, so that it may be older. Raises BundleRefused, StoreUnusable.
        """
        with self._writing():
            if name not in self._names():
                known = ", ".join(self._names()) or "none"
                raise StoreUnusable(f"there is no bundle {name} in the store {self.root}; installed: {known}")
            self.open_compatible(self.root / name)
            run_smoke_test(self.root / name, self._limits)
            if name != self._current():
                self._let_serve(name)

    def rollback(self, reason: str) -> Path | None:
        """Let the bundle serve that served before, or the shipped one; returns its folder, None for the shipped one.

        Those before that are damaged by now are passed over. Raises StoreUnusable when none but the shipped one serves.
        """
        with self._writing():
            current = self._current()
            if current is None:
                raise StoreUnusable(f"no bundle of the store {self.root} serves, so there is none to go back from")
            before = next((name for name in self._before(current) if self._is_sound(name)), None)
            try:
                self._journal().record_event("rolled back", current, reason).write(self.root)
            except OSError as error:  # a full disk must not hold a bad model; only the reason is lost
                log.warning("the journal of %s cannot be written: %s", self.root, error.strerror)
            self._switch(before)
            return None if before is None else self.root / before

    def probation(self) -> Probation | None:
        """What the bundle that serves has yet to prove; None when it has, or is the shipped one."""
        current, journal = self._current(), self._journal()
        entry = journal.entry(current)
        if entry is None or entry.proven:
            return None
        return Probation(entry.name, self._previous(), entry.since, entry.starts)

    def count_start(self) -> None:
        """The daemon was started with the bundle that serves; counted while that is on probation."""
        with self._writing():
            if (probation := self.probation()) is not None:
                self._journal().count_start(probation.name).write(self.root)

    def reset_starts(self) -> None:
        """The daemon has run long enough with the bundle that serves for its starts to be no sign of a fault."""
        with self._writing():
            if (probation := self.probation()) is not None:
                self._journal().reset_starts(probation.name).write(self.root)

    def pass_probation(self) -> None:
        """The bundle that serves has proved itself."""
        with self._writing():
            if (probation := self.probation()) is not None:
                self._journal().mark_proven(probation.name).write(self.root)

    def _bring_in(self, path: Path, allowed: InstallOptions) -> str:
        """Install a bundle that is whole, signed, fit for this device and able to read; returns its name."""
        with open_bundle_source(path) as arrival:
            check_free_space(self.root, arrival.size)
            scratch = create_staging_folder(self.root)
            try:
                arrival.bring(scratch)
                bundle = self.open_compatible(scratch)
                name = installed_name(bundle)
                if name != self._current():
                    self._refuse_step_back(bundle, allowed)
                is_new = move_into_place(scratch, self.root / name)
            except BundleRefused as error:
                # The bundle is called what its sender calls it, not what it is called on the way.
                raise BundleRefused(str(error).replace(str(scratch), str(path))) from error
            finally:
                if scratch.exists():
                    remove(scratch)
        try:
            run_smoke_test(self.root / name, self._limits)
        except BundleRefused:
            if is_new:
                remove_bundle(self.root, self.root / name)
            raise
        if is_new:
            self._journal().record_event("installed", name).write(self.root)
        return name

    def _refuse_step_back(self, bundle: Bundle, allowed: InstallOptions) -> None:
        serving = self.current() or self._shipped
        if serving is None:
            return
        try:
            old = open_bundle(serving)
        except BundleRefused as error:
            log.warning("%s cannot be compared with what serves: %s", bundle.manifest.title, error)
            return
        check_upgrade(bundle, old, allowed)

    def _let_serve(self, name: str) -> None:
        self._journal().activate(name, self._current()).write(self.root)
        self._switch(name)

    def _prune(self) -> None:
        """Remove the bundles that nobody will go back to."""
        current = self._current()
        for name in bundles_to_prune(
            [self.root / name for name in self._names()], current, self._before(current), KEEP_PREVIOUS
        ):
            remove_bundle(self.root, self.root / name)

    def _switch(self, name: str | None) -> None:
        if name is not None:
            replace_symlink(self.root / CURRENT, name)
            return
        (self.root / CURRENT).unlink()
        sync_folder(self.root)

    def _current(self) -> str | None:
        with _readable(self.root):
            try:
                name = (self.root / CURRENT).readlink().name
            except FileNotFoundError:
                return None
            return name if (self.root / name).is_dir() else None

    def _previous(self) -> str | None:
        return next(iter(self._before(self._current())), None)

    def _before(self, current: str | None) -> list[str]:
        """The bundles that served before and are still installed, the newest first."""
        names = self._names()
        return [one.name for one in self._journal().before(current) if one.name in names and one.name != current]

    def _names(self) -> list[str]:
        with _readable(self.root):
            if not self.root.is_dir():
                return []
            return sorted(one.name for one in self.root.iterdir() if one.name[0] != "." and _is_bundle(one))

    def _journal(self) -> Journal:
        with _readable(self.root):
            return Journal.read(self.root)

    def _is_sound(self, name: str) -> bool:
        try:
            self.open_compatible(self.root / name)
        except BundleRefused:
            return False
        return True

    @contextmanager
    def _writing(self, spared: Path | None = None) -> Iterator[None]:
        """Alone with the store. What an earlier process left half done is removed, but for what is `spared`."""
        try:
            create_folder(self.root)
            if (self.root / INCOMING).is_symlink():
                raise StoreUnusable(f"{self.root / INCOMING} is a symlink, and what it leads to is not the store's")
            create_folder(self.root / INCOMING)
            with os.fdopen(os.open(self.root / LOCK, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "wb") as lock:
                chown_to_owner_of(self.root, self.root / LOCK)
                fcntl.flock(lock, fcntl.LOCK_EX)
                remove_leftovers(self.root, spared)
                yield
        except OSError as error:
            raise StoreUnusable(f"the store {self.root} cannot be written: {error.strerror}") from error


def _is_bundle(folder: Path) -> bool:
    return not folder.is_symlink() and (folder / MANIFEST).is_file()


@contextmanager
def _readable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnusable(f"the store {root} cannot be read: {error.strerror}") from error
