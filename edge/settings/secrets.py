"""Passwords, the page's token and certificates, each in a file of its own that no other user may read.

A file is never changed: a new secret is another file, and the settings name it from the moment at which they change. So
the old secret is there for as long as a version of the settings names it, and an undo brings it back.
"""

import re
import secrets as random
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from edge.config import ConfigInvalid
from edge.config.web import check_token
from edge.requests.settings import SecretName
from edge.settings.file import SettingsRefused
from models.durable import create_folder, replace_file

FOLDER: Final = "secrets"
_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_NAME: Final = re.compile(r"(camera-password|mqtt-ca|mqtt-password|web-token)-[0-9a-f]{8}")


class SecretFiles:
    """The folder of secrets in a state folder."""

    def __init__(self, state: Path) -> None:
        self._folder = state.absolute() / FOLDER

    def new_path(self, name: SecretName) -> Path:
        """Return a path for a new secret, of which nothing is written yet."""
        return self._folder / f"{name.replace('.', '-')}-{random.token_hex(4)}"

    def write(self, path: Path, secret: str) -> None:
        """Write a new secret. Raises OSError."""
        if not self._folder.is_dir():
            create_folder(self._folder)
            self._folder.chmod(_FOLDER_MODE)
        replace_file(path, secret.encode(), _MODE)

    def sweep(self, texts: Iterable[str]) -> None:
        """Remove the secrets that none of the texts names. Raises OSError."""
        whole = "\n".join(texts)
        for path in self._folder.glob("*"):
            if _NAME.fullmatch(path.name) and path.name not in whole:
                path.unlink()


def check_secret(name: SecretName, secret: str) -> None:
    """Check that a secret can be used. Raises SettingsRefused, with a message that does not hold it."""
    if name == "mqtt.ca":
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=secret)
        except (ssl.SSLError, ValueError) as error:
            raise SettingsRefused("mqtt.ca must hold certificates of authorities in PEM") from error
    elif not secret.isprintable() or secret != secret.strip():
        raise SettingsRefused(f"{name} must neither begin nor end with a space, and hold no control characters")
    if name == "web.token":
        try:
            check_token(secret, "web.token")
        except ConfigInvalid as error:
            raise SettingsRefused(str(error)) from error
