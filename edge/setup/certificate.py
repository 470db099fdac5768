"""The page's own certificate, which signs itself: made once, and kept when set-up is finished."""

import hashlib
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from edge.config import ConfigInvalid
from models.durable import create_folder, replace_file

NAME: Final = "page-certificate.pem"
# A board without a clock of its own may believe in the wrong year when it starts for the first time.
_FROM: Final = datetime(2024, 1, 1, tzinfo=UTC)
_FOR: Final = timedelta(days=365 * 25)
_MODE: Final = 0o600


def own_certificate(state: Path, host: str, addresses: Sequence[str]) -> Path:
    """Return the file of the certificate with its key, which is made for these names if there is none that works.

    Raises ConfigInvalid where the state folder cannot be written.
    """
    path = state / NAME
    if not _is_usable(path):
        try:
            create_folder(state)
            replace_file(path, _make(host, addresses), _MODE)
        except OSError as error:
            raise ConfigInvalid(
                f"the certificate of the set-up page {path} cannot be written: {error.strerror}"
            ) from error
    return path


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a certificate as browsers show it: 32 pairs of digits with colons."""
    pem = path.read_text(encoding="ascii")
    start = pem.index("-----BEGIN CERTIFICATE-----")
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem[start:])).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _is_usable(path: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    except OSError:  # the base class of ssl.SSLError
        return False
    return True


def _make(host: str, addresses: Sequence[str]) -> bytes:
    """Return a new key and its certificate, PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    names = [x509.DNSName(one) for one in (host, f"{host}.local", "localhost")]
    numbers = [x509.IPAddress(ip_address(one)) for one in ("127.0.0.1", *addresses)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_FROM + _FOR)
        .add_extension(x509.SubjectAlternativeName([*names, *numbers]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
