"""The invitation to the set-up page: its addresses, the one-time code, and the fingerprint of its certificate.

It is a file in the state folder that only the daemon's user and root read, so that the code stays while the daemon
restarts, and `ishara-edge setup` can show it. After a reboot there is another code: an image that was copied from a
device must not bring its code along.
"""

from pathlib import Path
from typing import Any, Final, Self

from pydantic import ValidationError

from edge.config import ConfigInvalid
from edge.settings.location import INVITATION
from edge.sinks.web.setup_code import grouped, new_code
from models.durable import create_folder, replace_file
from models.strict_model import StrictModel

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_MODE: Final = 0o600


class Invitation(StrictModel):
    """Everything that somebody needs who opens the set-up page."""

    urls: tuple[str, ...]
    """Addresses of the page, the one that most networks reach first."""
    code: str
    """The one-time code, without the hyphens between its groups."""
    fingerprint: str
    """The SHA-256 of the page's certificate, as browsers show it."""
    boot: str

    @classmethod
    def read(cls, state: Path) -> Self | None:
        """Return the invitation of this boot in the state folder; None if there is none."""
        try:
            found = cls.model_validate_json((state / INVITATION).read_bytes())
        except (OSError, ValidationError):
            return None
        return found if found.boot == _boot_id() else None

    @classmethod
    def renew(cls, state: Path, urls: tuple[str, ...], fingerprint: str) -> Self:
        """Return the invitation with these addresses; its code is that of this boot, or new. Raises ConfigInvalid."""
        before = cls.read(state)
        code = new_code() if before is None else before.code
        invitation = cls(urls=urls, code=code, fingerprint=fingerprint, boot=_boot_id())
        if invitation != before:
            invitation.write(state)
        return invitation

    @property
    def link(self) -> str:
        """Return the first address with the code in its fragment, which browsers do not send, for the QR code."""
        return f"{self.urls[0]}#code={self.code}"

    @property
    def shown(self) -> dict[str, Any]:
        """Return what the screen shows: addresses, link, code in groups, and fingerprint."""
        return {
            "urls": self.urls,
            "link": self.link,
            "code": grouped(self.code),
            "fingerprint": self.fingerprint,
        }

    @property
    def sentence(self) -> str:
        """Return the line for the log."""
        return (
            f"this device waits to be set up at {' or '.join(self.urls)}; its one-time code is {grouped(self.code)}, "
            f"and the SHA-256 of its certificate {self.fingerprint}"
        )

    def write(self, state: Path) -> None:
        """Write the file. Raises ConfigInvalid."""
        path = state / INVITATION
        try:
            create_folder(state)
            replace_file(path, self.model_dump_json().encode(), _MODE)
        except OSError as error:
            raise ConfigInvalid(f"the code of the set-up page {path} cannot be written: {error.strerror}") from error


def _boot_id() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
