"""One device without an inventory, until its set-up page answers: from a laptop by `ishara-deploy provision HOST`, and
by `ishara-edge setup` on the device itself."""

import hashlib
import re
import shutil
import ssl
import subprocess
import time
from http import HTTPStatus
from http.client import HTTPSConnection
from pathlib import Path
from typing import Final

from landmarkers.task_bundles import FOLDER_VARIABLE, default_folder
from tests.device.device import CheckFailed, Device, quote
from tests.fleet.site import FRESH, USER, CommandResult, Site

_PASSWORD: Final = "correct horse"
_STEPS: Final = "packages, landmark networks, trusted keys, unit, program, command, service"
# A mirror of the package index, and apt without its question.
_MIRROR: Final = "/srv/mirror"
_PIP: Final = f"[global]\nno-index = true\nfind-links = {_MIRROR}\n"
_APT: Final = 'APT::Get::Assume-Yes "true";\n'
_NETWORKS: Final = "/srv/networks"


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
        first.expect(0, "7 changes", _STEPS, "one-time code")
        if device.path("etc/ishara/edge.toml").exists():
            raise CheckFailed("the device was given a configuration")
        _require_page(first.out)
        second = _provision(site, laptop).expect(0, "0 changes")
        if _code(second.out) != _code(first.out):
            raise CheckFailed(f"the second run names another code: {second.out}")
    return f"7 changes and the set-up page after {took:.0f} s; 0 changes with the key that was left there"


def set_up_on_the_device(site: Site) -> str:
    """The commands of docs/getting-started.md on a fresh Debian make it a device that needs the installer no more."""
    wheel = site.workstation.wheel
    with site.fresh_device() as device:
        _offer(site, device)
        began = time.monotonic()
        _as_user(device, "sudo apt update && sudo apt install python3-venv")
        _as_user(device, "python3 -m venv ~/installer")
        _as_user(device, f"~/installer/bin/pip install './{wheel.name}[edge]'")
        dry = _set_up_here(device, "--dry-run")
        if "would change: packages, landmark networks, unit, program, command, service" not in dry:
            raise CheckFailed(f"the dry run tells not all that is missing: {dry}")
        installed = time.monotonic() - began
        first = _set_up_here(device)
        took = time.monotonic() - began
        if "6 changes" not in first:
            raise CheckFailed(f"the first run does something else: {first}")
        _require_page(first)
        second = _set_up_here(device)
        if "0 changes" not in second or _code(second) != _code(first):
            raise CheckFailed(f"the second run changes something: {second}")
        _as_user(device, f"rm -r ~/installer ~/{wheel.name}")
        _as_user(device, "sudo ishara-edge config check")  # by its name, as the documentation writes it
        device.run("systemctl restart ishara-edge")
        _require_page(first)
        if device.show("ActiveState") != "active":
            raise CheckFailed("the service does not run")
    return f"pip after {installed:.0f} s, 6 changes and the set-up page after {took:.0f} s; 0 changes; runs on alone"


def _offer(site: Site, device: Device) -> None:
    """Put the wheel into the user's home, and what a device gets from package indexes where pip finds it."""
    wheel = site.workstation.wheel
    shutil.copy(wheel, device.path(f"home/{USER}/{wheel.name}"))
    shutil.copytree(site.workstation.wheels, device.path(_MIRROR.lstrip("/")))
    shutil.copytree(default_folder(), device.path(_NETWORKS.lstrip("/")))
    device.write("etc/pip.conf", _PIP)
    device.write("etc/apt/apt.conf.d/99yes", _APT)
    device.run(f"chown {USER}: /home/{USER}/*")


def _set_up_here(device: Device, *more: str) -> str:
    command = ["sudo", f"{FOLDER_VARIABLE}={_NETWORKS}", "~/installer/bin/ishara-edge", "setup", *more]
    return _as_user(device, " ".join(command))


def _as_user(device: Device, command: str) -> str:
    """Return what a command of the user prints. Raises CheckFailed."""
    return device.run(f"runuser -l {USER} -c {quote(command)}")


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
