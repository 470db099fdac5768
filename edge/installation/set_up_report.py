"""Prints where a device's set-up page is, as one JSON object; nothing once the device is set up.

`ishara-deploy` and `ishara-edge setup` run this file with the device's own Python, as root.
"""

import hashlib
import json
import socket
import ssl
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

STATE = Path("/var/lib/ishara")
# As edge/settings/location.py names them.
CODE = STATE / "setup-code"
UNSAVED = STATE / "setup.toml"
OTHERS = (Path("/etc/ishara/edge.toml"), STATE / "edge.toml")
PORT = 8300
LONGEST = 1 << 20
PAUSE_S = 0.5
ELSEWHERE = ("192.0.2.1", 9)  # an address of documentation: the default route leads there


def main() -> None:
    """Wait for the page for as many seconds as the argument says, and print the report."""
    deadline = time.monotonic() + float(sys.argv[1])
    while not any(path.exists() for path in OTHERS):
        try:
            json.dump(report(), sys.stdout)
        except (OSError, ValueError) as error:
            if time.monotonic() > deadline:
                sys.exit(f"the set-up page does not answer ({error}); `journalctl -u ishara-edge` may tell why")
            time.sleep(PAUSE_S)
        else:
            return


def report() -> dict[str, Any]:
    """Return the report. Raises OSError and ValueError while the page is not served."""
    web = tomllib.loads(_read(UNSAVED)).get("web")
    web = web if isinstance(web, dict) else {}
    port = int(web.get("port", PORT))
    with socket.create_connection(("127.0.0.1", port), 2):
        pass
    certificate = web.get("certificate_file")
    return {
        "code": _read(CODE).strip(),
        "port": port,
        "addresses": addresses(),
        "fingerprint": None if certificate is None else fingerprint(_read(STATE / str(certificate))),
    }


def addresses() -> list[str]:
    """Return this machine's address in its network; its name where it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)  # chooses the address, and sends nothing
        except OSError:
            return [socket.gethostname()]
        return [str(probe.getsockname()[0])]


def fingerprint(pem: str) -> str:
    """Return the SHA-256 of the first certificate, as browsers show it."""
    begin, end = pem.index("-----BEGIN CERTIFICATE-----"), pem.index("-----END CERTIFICATE-----")
    der = ssl.PEM_cert_to_DER_cert(pem[begin:end] + "-----END CERTIFICATE-----\n")
    digits = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def _read(path: Path) -> str:
    with path.open(encoding="utf-8-sig") as file:
        return file.read(LONGEST)


if __name__ == "__main__":
    main()
