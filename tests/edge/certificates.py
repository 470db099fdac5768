"""An authority with the certificates that it signed for a broker and a device, made by OpenSSL."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files, all PEM."""

    authority: Path
    broker: Path
    broker_key: Path
    device: Path
    device_key: Path


def make_certificates(folder: Path) -> Certificates:
    """Make new ones, for a broker at 127.0.0.1."""
    _openssl(folder, "req", "-x509", *_NEW_KEY, "ca.key", "-subj", "/CN=authority", "-days", "2", "-out", "ca.pem")
    for name, subject in (("broker", "127.0.0.1"), ("device", "entrance")):
        (folder / f"{name}.ext").write_text("subjectAltName = IP:127.0.0.1\n")
        _openssl(folder, "req", *_NEW_KEY, f"{name}.key", "-subj", f"/CN={subject}", "-out", f"{name}.csr")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext")
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")
    files = ("ca.pem", "broker.pem", "broker.key", "device.pem", "device.key")
    return Certificates(*(folder / file for file in files))


def encrypt_key(key: Path, encrypted: Path) -> None:
    """Write a copy of a key that needs a password."""
    _openssl(key.parent, "ec", "-in", str(key), "-aes256", "-passout", "pass:secret", "-out", str(encrypted))


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
