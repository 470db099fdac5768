"""The read side of the store of installed bundles.

incoming/                      bundles in transfer, and what is about to be removed
<name>-<version>-<hash8>/      an installed bundle; eight digits of its manifest's sha256
current -> <name>-…            the active bundle; without it the daemon runs the shipped one
journal.json                   previous activations, see models/journal.py
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from landmarkers.errors import UserError
from models.bundle import MANIFEST, Bundle, BundleRefused, open_bundle
from models.compatibility import check_landmarks_available
from models.journal import Event, Journal

if TYPE_CHECKING:  # cryptography is loaded only where there are keys
    from models.signature import TrustedKeys

CURRENT: Final = "current"
SHIPPED: Final = "shipped"
"""Stands for the shipped bundle among the names of those that are installed, which all end with eight digits."""


class StoreUnusable(UserError):
    """A store that cannot be read or written, or lacks the requested bundle; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class Probation:
    """The active bundle's probation: its start, the bundle before it, and the daemon's starts since then."""

    name: str
    previous: str | None
    """The folder's name of the bundle to roll back to; None for the shipped one."""
    since: datetime
    starts: int


@dataclass(frozen=True, slots=True)
class InstalledBundle:
    """One installed bundle, for lists. Its manifest is not read, because it may be damaged."""

    name: str
    folder: Path
    is_current: bool
    is_previous: bool
    on_probation: bool


class StoreReader:
    """Reads the folder of installed bundles. Any process may do so at any time."""

    def __init__(self, root: Path, keys: "TrustedKeys | None" = None) -> None:
        """Read the store in a folder; with `keys` every bundle must be signed by one of them."""
        self.root = root
        self.keys = keys

    def current(self) -> Path | None:
        """Return the folder of the active bundle, or None when the shipped one is active. Raises StoreUnusable."""
        name = self.current_name()
        return None if name is None else self.root / name

    def previous(self) -> Path | None:
        """Return the folder to which `rollback` leads, or None for the shipped bundle. Raises StoreUnusable."""
        name = self._previous_name()
        return None if name is None else self.root / name

    def installed(self) -> list[InstalledBundle]:
        """Return all installed bundles by name. Raises StoreUnusable."""
        current, previous, probation = self.current_name(), self._previous_name(), self.probation()
        return [
            InstalledBundle(
                name=name,
                folder=self.root / name,
                is_current=name == current,
                is_previous=name == previous,
                on_probation=name == current and probation is not None,
            )
            for name in self.names()
        ]

    def events(self) -> tuple[Event, ...]:
        """Return the events of the journal, the newest first. Raises StoreUnusable."""
        return self.journal().events

    def open(self, folder: Path) -> Bundle:
        """Open an installed bundle and check its files and signature. Raises BundleRefused, SignatureRefused."""
        if self.keys is not None:
            self.keys.verify(folder)
        return open_bundle(folder)

    def open_compatible(self, folder: Path) -> Bundle:
        """Open an installed bundle that was trained on the landmarks of this device. Raises BundleRefused."""
        bundle = self.open(folder)
        check_landmarks_available(bundle)
        return bundle

    def signer(self, folder: Path) -> str | None:
        """Return the name of the key that signed a bundle, or None without trusted keys. Raises BundleRefused."""
        return None if self.keys is None else self.keys.verify(folder).name

    def probation(self) -> Probation | None:
        """Return the active bundle's probation, or None when it is proven or the shipped one is active."""
        current, journal = self.current_name(), self.journal()
        entry = journal.entry(current)
        if entry is None or entry.proven:
            return None
        return Probation(entry.name, self._previous_name(), entry.since, entry.starts)

    def current_name(self) -> str | None:
        """Return the name of the active bundle, or None when the shipped one is active. Raises StoreUnusable."""
        link = self.root / CURRENT
        with _readable(self.root):
            try:
                name = link.readlink().name
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                raise StoreUnusable(f"{link} is not the symlink to a bundle that it should be; remove it") from error
            return name if name != ".." and (self.root / name).is_dir() else None

    def names_before(self, current: str | None) -> list[str]:
        """Return the bundles that were active before this one and are still installed, the newest first."""
        names = self.names()
        return [one.name for one in self.journal().before(current) if one.name in names and one.name != current]

    def names(self) -> list[str]:
        """Return the names of all installed bundles. Raises StoreUnusable."""
        with _readable(self.root):
            if not self.root.is_dir():
                return []
            return sorted(one.name for one in self.root.iterdir() if one.name[0] != "." and _is_bundle(one))

    def journal(self) -> Journal:
        """Read the journal. Raises StoreUnusable."""
        with _readable(self.root):
            return Journal.read(self.root)

    def is_journal_damaged(self) -> bool:
        """Return True if a part of the journal cannot be read. Raises StoreUnusable."""
        with _readable(self.root):
            return Journal.is_damaged(self.root)

    def is_sound(self, name: str) -> bool:
        """Return True if an installed bundle is whole, signed as required and compatible."""
        try:
            self.open_compatible(self.root / name)
        except BundleRefused:
            return False
        return True

    def _previous_name(self) -> str | None:
        return next(iter(self.names_before(self.current_name())), None)


def _is_bundle(folder: Path) -> bool:
    return not folder.is_symlink() and (folder / MANIFEST).is_file()


@contextmanager
def _readable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnusable(f"the store {root.absolute()} cannot be read: {error.strerror}") from error
