"""The store of the bundles installed on a device: store_reader.py reads it, transactions.py changes it."""

from pathlib import Path
from typing import TYPE_CHECKING

from models.bundle_source import BundleSource, open_bundle_source
from models.compatibility import InstallOptions
from models.smoke import ResourceLimits
from models.store_reader import SHIPPED, InstalledBundle, Probation, StoreReader, StoreUnusable
from models.transactions import Transactions

if TYPE_CHECKING:  # cryptography is loaded only where there are keys
    from models.signature import TrustedKeys

__all__ = ["SHIPPED", "BundleStore", "InstalledBundle", "Probation", "StoreUnusable"]


class BundleStore(StoreReader):
    """The folder of installed bundles. Any process may read it; processes that change it wait for one another."""

    def __init__(
        self,
        root: Path,
        keys: "TrustedKeys | None" = None,
        *,
        shipped: Path | None = None,
        limits: ResourceLimits | None = None,
    ) -> None:
        """Open the store in a folder.

        With `keys` every bundle must be signed by one of them. `shipped` is active while none of the store is. `limits`
        bound the smoke test of a bundle.
        """
        super().__init__(root, keys)
        self._transactions = Transactions(self, shipped, limits or ResourceLimits())

    def install(
        self,
        source: Path,
        options: InstallOptions = InstallOptions(),  # noqa: B008  # frozen
        *,
        activate: bool = False,
    ) -> str:
        """Install a bundle from a folder or `.tar`, activate it if requested, and return its name.

        Raises BundleRefused, whose sentence addresses the bundle's maker or sender, and StoreUnusable.
        """
        with open_bundle_source(source) as opened:
            return self.install_opened(opened, options, activate=activate)

    def install_opened(self, source: BundleSource, options: InstallOptions, *, activate: bool) -> str:
        """Install a bundle that was opened by a user who may read it. Raises as `install` does."""
        return self._transactions.install(source, options, activate=activate)

    def activate(self, name: str) -> None:
        """Activate an installed bundle, on probation, if it is whole and passes the smoke test.

        The operator names it, so it may be older than the active one; `SHIPPED` names the shipped one. Raises
        BundleRefused, StoreUnusable.
        """
        self._transactions.activate(name)

    def rollback(self, reason: str, *, by_operator: bool = False) -> Path | None:
        """Activate the bundle that was active before, or the shipped one; return its folder, None for the shipped one.

        Bundles that are damaged by now are skipped. An operator waits longer for another process than the daemon.
        Raises StoreUnusable when the shipped one is active already.
        """
        return self._transactions.rollback(reason, by_operator=by_operator)

    def remove(self, name: str) -> None:
        """Remove an installed bundle that is not active, to which nothing is rolled back afterwards.

        Raises StoreUnusable where there is no such bundle, or where it is active.
        """
        self._transactions.remove(name)

    def mend_journal(self) -> None:
        """Put a damaged journal aside, and write what can be read of it anew. Raises StoreUnusable."""
        self._transactions.mend_journal()

    def count_start(self) -> None:
        """Count a start of the daemon with the active bundle, while that is on probation. Raises StoreUnusable."""
        self._transactions.count_start()

    def reset_starts(self) -> None:
        """Reset that count, since the daemon has run long enough for its starts to be no sign of a fault."""
        self._transactions.reset_starts()

    def pass_probation(self) -> None:
        """Mark the active bundle as proven. Raises StoreUnusable."""
        self._transactions.pass_probation()
