"""Questions to the person at the terminal, or their defaults for scripts."""

import sys
from dataclasses import dataclass
from getpass import getpass

from landmarkers.errors import UserError


class NobodyToAsk(UserError):
    """A question without a default and without anybody to answer it."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """Asks on the terminal; with `assume_defaults` nothing is asked and every question has its default."""

    assume_defaults: bool = False

    def text(self, question: str, default: str) -> str:
        """Return the answer, or the default for an empty one. Raises NobodyToAsk."""
        if self.assume_defaults:
            return default
        return self._read(f"{question} [{default}]: ") or default

    def is_yes(self, question: str) -> bool:
        """Return True if the answer is yes, which is no default. Raises NobodyToAsk."""
        return self._read(f"{question} [yes/no]: ").lower() in ("y", "yes")

    def password(self, question: str) -> str:
        """Return a password, which is not shown. Raises NobodyToAsk."""
        self._require_terminal()
        try:
            return getpass(f"{question}: ")
        except EOFError as error:
            raise NobodyToAsk("no answer came; nothing was changed") from error

    def _read(self, question: str) -> str:
        self._require_terminal()
        try:
            sys.stderr.write(question)
            sys.stderr.flush()
            return input().strip()
        except EOFError as error:
            raise NobodyToAsk("no answer came; nothing was changed") from error

    def _require_terminal(self) -> None:
        if self.assume_defaults or not sys.stdin.isatty():
            raise NobodyToAsk(
                "there is nobody to ask: scripts need --yes, a host key that is known or given by --accept-host-key, "
                "and a key that the device lets in or --password-file"
            )
