"""Keys that sign bundles (Ed25519), as PEM files that openssl reads too: `NAME.key` signs, `NAME.pub` verifies.

https://www.rfc-editor.org/rfc/rfc8032 and, for the files, https://www.rfc-editor.org/rfc/rfc8410.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from landmarkers.errors import UserError
from landmarkers.parsing import read_limited

PRIVATE_SUFFIX: Final = ".key"
PUBLIC_SUFFIX: Final = ".pub"
KEY_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
KEY_ID: Final = r"^[0-9a-f]{16}$"
_ID_DIGITS: Final = 16
_NOT_A_KEY: Final = (ValueError, TypeError, UnsupportedAlgorithm)
_OWNER_ONLY, _EVERYBODY_READS = 0o600, 0o644


class KeyUnusable(UserError):
    """A key that cannot be read, generated or written; the message names its file."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key, which verifies signatures. Its name is that of its file; its ID derives from its bytes."""

    name: str
    key: Ed25519PublicKey

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of the sha256 of its 32 bytes."""
        return _id_of(self.key)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the key of a `.pub` file. Raises KeyUnusable."""
        try:
            key = load_pem_public_key(read_limited(path))
        except OSError as error:
            raise KeyUnusable(f"the key {path} cannot be read: {error.strerror}") from error
        except _NOT_A_KEY as error:
            raise KeyUnusable(f"{path} is not a public key") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyUnusable(f"{path} is not an Ed25519 key")
        return cls(path.stem, key)

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Return True if the signature was made of this content with the matching private key."""
        try:
            self.key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key, which signs. Its name is that of its file."""

    name: str
    key: Ed25519PrivateKey

    @property
    def id(self) -> str:
        """The ID of its public key."""
        return _id_of(self.key.public_key())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the key of a `.key` file. Raises KeyUnusable."""
        try:
            key = load_pem_private_key(read_limited(path), password=None)
        except OSError as error:
            raise KeyUnusable(f"the key {path} cannot be read: {error.strerror}") from error
        except _NOT_A_KEY as error:
            raise KeyUnusable(f"{path} is not a private key, or has a password; use one without") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnusable(f"{path} is not an Ed25519 key")
        if not re.fullmatch(KEY_NAME, path.stem):
            raise KeyUnusable(f"the key {path} must have a name of Latin letters, digits, '.', '_' and '-'")
        return cls(path.stem, key)


def generate_keys(folder: Path, name: str) -> tuple[Path, Path]:
    """Generate a pair of keys in a folder and return the paths of private and public key.

    Only the owner can read the private one. No file is ever overwritten. Raises KeyUnusable.
    """
    if not re.fullmatch(KEY_NAME, name):
        raise KeyUnusable(f"a key cannot be called {name!r}: use Latin letters, digits, '.', '_' and '-'")
    private, public = folder / (name + PRIVATE_SUFFIX), folder / (name + PUBLIC_SUFFIX)
    if present := next((path for path in (private, public) if path.exists()), None):
        raise KeyUnusable(f"{present} exists already and is never overwritten; choose another --name")
    key = Ed25519PrivateKey.generate()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), _OWNER_ONLY)
        public_bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        _write_new(public, public_bytes, _EVERYBODY_READS)
    except OSError as error:
        raise KeyUnusable(f"no keys can be written in {folder}: {error.strerror}") from error
    return private, public


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a new file that nobody else can read at any time; a file that appears meanwhile is not replaced."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def _id_of(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:_ID_DIGITS]
