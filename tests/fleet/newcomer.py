"""One device from a laptop without an inventory: `ishara-deploy provision HOST`, until the set-up page answers."""

import hashlib
import re
import ssl
import subprocess
import time
from http import HTTPStatus
from http.client import HTTPSConnection
from pathlib import Path
from typing import Final

from tests.device.device import CheckFailed, Device
from tests.fleet.site import FRESH, USER, CommandResult, Site

_PASSWORD: Final = "correct horse"
_STEPS: Final = "packages, landmark networks, trusted keys, unit, program, service"


def provision_host(site: Site) -> str:
    """A fresh Debian becomes a device, and its set-up page is served with the code and certificate that were named."""
    with site.fresh_device() as device:
        device.run(f"echo '{USER}:{_PASSWORD}' | chpasswd")
        laptop = site.workstation.folder / "laptop"
        laptop.mkdir()
        (laptop / "password").write_text(f"{_PASSWORD}\n")
        _strangers_get_nothing(site, device, laptop)
        began = time.monotonic()
        first = _provision(site, laptop, *_login(laptop), "--accept-host-key", _fingerprint(device))
        took = time.monotonic() - began
        first.expect(0, "6 changes", _STEPS, "one-time code")
        if device.path("etc/ishara/edge.toml").exists():
            raise CheckFailed("the device was given a configuration")
        _require_page(first.out)
        second = _provision(site, laptop).expect(0, "0 changes")
        if _code(second.out) != _code(first.out):
            raise CheckFailed(f"the second run names another code: {second.out}")
    return f"6 changes and the set-up page after {took:.0f} s; 0 changes with the key that was left there"


def _strangers_get_nothing(site: Site, device: Device, laptop: Path) -> None:
    """Without its fingerprint a host is trusted by nobody, and nothing is written here or there."""
    _provision(site, laptop, *_login(laptop)).expect(2, "there is nobody to ask")
    wrong = f"SHA256:{'A' * 43}"
    _provision(site, laptop, *_login(laptop), "--accept-host-key", wrong).expect(2, f"and not {wrong}")
    if (laptop / "fleet.toml").exists() or device.path("opt/ishara").exists():
        raise CheckFailed("something was written for a host that nobody trusts")


def _login(laptop: Path) -> tuple[str, ...]:
    return "--password-file", str(laptop / "password")


def _provision(site: Site, laptop: Path, *more: str) -> CommandResult:
    workstation = site.workstation
    files = ("--wheel", str(workstation.wheel), "--wheelhouse", str(workstation.wheels))
    inventory = ("--inventory", str(laptop / "fleet.toml"))
    return workstation.deploy("provision", f"{USER}@{FRESH}", "--yes", *inventory, *files, *more)


def _fingerprint(device: Device) -> str:
    key = device.path("etc/ssh/ssh_host_ed25519_key.pub")
    done = subprocess.run(["ssh-keygen", "-l", "-f", key], capture_output=True, encoding="utf-8", check=True)
    return done.stdout.split()[1]


def _code(output: str) -> str:
    found = re.search(r"one-time code: ([A-Z0-9-]{6,})$", output, re.MULTILINE)
    if found is None:
        raise CheckFailed(f"it names no code: {output}")
    return found[1]


def _require_page(output: str) -> None:
    """Require that the page answers at the address with the certificate that was named."""
    certificate = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((FRESH, 8300)))
    digest = hashlib.sha256(certificate).hexdigest().upper()
    if ":".join(digest[at : at + 2] for at in range(0, len(digest), 2)) not in output:
        raise CheckFailed(f"the certificate has another fingerprint: {digest}: {output}")
    for code, expected in (("", HTTPStatus.UNAUTHORIZED), (_code(output), HTTPStatus.OK)):
        status = _status(code)
        if status != expected:
            raise CheckFailed(f"the set-up page answers {status} to the code {code!r}")


def _status(code: str) -> int:
    """Return the status of the set-up page's answer to this code; its certificate was compared before."""
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    connection = HTTPSConnection(FRESH, 8300, timeout=10, context=unverified)
    connection.request("GET", "/setup", headers={"Authorization": f"Bearer {code}"} if code else {})
    return connection.getresponse().status
