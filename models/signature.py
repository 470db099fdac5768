"""Signatures of bundles: `manifest.sig` signs `manifest.json`, which contains the sha256 of every other file.

A device with a folder of trusted keys installs and opens only bundles that are signed by one of them. The device's own
configuration names that folder, never a bundle.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import StringConstraints, ValidationError

from landmarkers.parsing import describe, read_at_most, read_limited
from models.bundle import MANIFEST, SIGNATURE, BundleRefused
from models.bundle_file import open_bundle_file
from models.keys import KEY_ID, KEY_NAME, PUBLIC_SUFFIX, KeyUnusable, PrivateKey, PublicKey
from models.stored_model import StoredModel

REVOKED: Final = "revoked"
# The signed bytes begin with this, so that a bundle's signature is invalid for any other purpose.
_PURPOSE: Final = b"ishara bundle manifest\0"
_MAX_SIGNATURE_BYTES: Final = 4096


class SignatureRefused(BundleRefused):
    """A bundle without a trusted signature, or trusted keys that cannot be read; the message gives the reason."""


class Signature(StoredModel):
    """The content of `manifest.sig`. The key's name is only a hint for people; its ID decides."""

    format: Literal[1] = 1
    key_id: Annotated[str, StringConstraints(pattern=KEY_ID)]
    key_name: Annotated[str, StringConstraints(pattern=KEY_NAME)]
    ed25519: Annotated[str, StringConstraints(max_length=128)]


def sign(bundle: Path, key: PrivateKey) -> Path:
    """Sign a bundle's manifest as it is, and return the signature's path. Raises BundleRefused."""
    signed = base64.b64encode(key.key.sign(_PURPOSE + _read(bundle / MANIFEST, bundle))).decode()
    signature = Signature(key_id=key.id, key_name=key.name, ed25519=signed)
    path, new = bundle / SIGNATURE, bundle / f".{SIGNATURE}.new"
    try:
        new.write_text(signature.model_dump_json(indent=1) + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise BundleRefused(f"{path} cannot be written: {error.strerror}") from error
    return path


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The public keys that a device trusts, by their IDs, and the revoked ones."""

    folder: Path
    keys: Mapping[str, PublicKey]
    revoked: frozenset[str]
    unusable: tuple[str, ...] = ()
    """The reasons why some files are not keys; the others are trusted nevertheless."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the keys of a folder: each `NAME.pub`, except those whose name or ID is a line of the file `revoked`.

        Raises SignatureRefused where the folder or the list of revoked keys cannot be read: then no key is trusted.
        """
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix == PUBLIC_SUFFIX)
            lines = read_limited(folder / REVOKED).decode() if os.path.lexists(folder / REVOKED) else ""
        except (OSError, ValueError) as error:
            raise SignatureRefused(
                f"the trusted keys in {folder} cannot be read, so none is trusted: {error}"
            ) from error
        revoked = frozenset(line.partition("#")[0].strip() for line in lines.splitlines()) - {""}
        found, unusable = [], []
        for path in paths:
            try:
                found.append(PublicKey.read(path))
            except KeyUnusable as error:
                unusable.append(str(error))
        # A key that is there under two names is revoked by either of them.
        revoked_ids = frozenset(key.id for key in found if key.name in revoked)
        return cls(folder, {key.id: key for key in found}, revoked | revoked_ids, tuple(unusable))

    @property
    def trusted(self) -> list[PublicKey]:
        """The trusted keys, sorted by name."""
        return sorted((key for key in self.keys.values() if key.id not in self.revoked), key=lambda key: key.name)

    def verify(self, bundle: Path) -> PublicKey:
        """Return the trusted key that signed a bundle's manifest. Raises BundleRefused, SignatureRefused."""
        manifest = _read(bundle / MANIFEST, bundle)
        signature = read_signature(bundle)
        if signature is None:
            raise SignatureRefused(
                f"the bundle {bundle} is not signed: it contains no {SIGNATURE}, and only bundles signed by a key "
                f"of {self.folder} are accepted"
            )
        key = self.keys.get(signature.key_id)
        described = f"{signature.key_id} ({signature.key_name if key is None else key.name})"
        if signature.key_id in self.revoked:
            raise SignatureRefused(f"the bundle {bundle} is signed by the key {described}, which is revoked")
        if key is None:
            raise SignatureRefused(
                f"the bundle {bundle} is signed by the key {described}, which is not among those of {self.folder}"
            )
        if not key.verifies(_signed_bytes(signature, bundle), _PURPOSE + manifest):
            raise SignatureRefused(
                f"the signature of the bundle {bundle} does not match its {MANIFEST}: one of them is damaged or was "
                "changed"
            )
        return key


def read_signature(bundle: Path) -> Signature | None:
    """Read the `manifest.sig` of a bundle without verifying it; None when there is none. Raises SignatureRefused."""
    path = bundle / SIGNATURE
    if not os.path.lexists(path):
        return None
    try:
        with open_bundle_file(path) as file:
            return Signature.model_validate_json(file.read(_MAX_SIGNATURE_BYTES))
    except OSError as error:
        raise SignatureRefused(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise SignatureRefused(f"{path} is damaged: it is not a signature") from error


def _signed_bytes(signature: Signature, bundle: Path) -> bytes:
    try:
        return base64.b64decode(signature.ed25519, validate=True)
    except ValueError as error:  # also for letters that are not ASCII
        raise SignatureRefused(f"{bundle / SIGNATURE} is damaged: it is not a signature") from error


def _read(manifest: Path, bundle: Path) -> bytes:
    try:
        with open_bundle_file(manifest) as file:
            return read_at_most(file)
    except FileNotFoundError as error:
        raise BundleRefused(f"{bundle} is no bundle: it contains no {MANIFEST}") from error
    except (OSError, ValueError) as error:
        raise BundleRefused(f"{manifest} cannot be read: {describe(error)}") from error
