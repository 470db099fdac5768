"""Takes one device into the inventory: asks how to reach it, trusts its host key, logs in, and makes the keys."""

import argparse
import getpass
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from deploy.connection import KNOWN_HOSTS, Remote, connected
from deploy.host_keys import trust_host
from deploy.inventory import FleetInventory, InventoryInvalid, load_inventory, read_sections
from deploy.inventory_file import add_host, new_inventory, read_inventory
from deploy.prompts import Prompts
from edge.installation.machine import StepFailed
from landmarkers.errors import UserError
from models.keys import PRIVATE_SUFFIX, PUBLIC_SUFFIX, generate_keys

_SIGNING_KEY: Final = "ishara"
_SSH_KEY: Final = "ssh-key"
_KNOWN_HOSTS: Final = "known_hosts"
_AUTHORISED: Final = ".ssh/authorized_keys"


class LoginRefused(UserError):
    """A device on which nobody can log in with what was given; the message says what to do."""


@dataclass(frozen=True, slots=True)
class KnownHost:
    """A host of the inventory, and the password of its user where it has to be given once."""

    name: str
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


def known_host(options: argparse.Namespace, prompts: Prompts) -> KnownHost:
    """Return the device that the command names, after taking it into the inventory if it is not there.

    Raises UserError. Until the device can be logged in to, nothing but its trusted host key is written.
    """
    path: Path = options.inventory
    user, _, address = options.host.rpartition("@")
    inventory = load_inventory(path) if path.exists() else None
    password = None if options.password_file is None else _read_password(options.password_file)
    if inventory is not None and (name := _find(inventory, address)) is not None:
        return KnownHost(name, {} if password is None else {name: password})
    if options.dry_run:
        raise InventoryInvalid(f"{address} is not in the inventory {path} yet; a first run needs to add it")
    fields = _fields(options, user, address, inventory, prompts)
    name = options.name or prompts.text("Name of the device", _plain_name(address))
    known_hosts = _known_hosts_file(path, inventory)
    trial = read_sections({"known_hosts": str(known_hosts), "hosts": {name: fields}}, path)
    (entry,) = trial.entries()
    trust_host(entry.address, entry.port, known_hosts, options.accept_host_key, prompts)
    password = _log_in(trial, name, password, prompts)
    if password is not None:
        fields["ssh_key"] = _authorise(trial, name, password, path.absolute().parent, options.ssh_key)
    add_host(path, _text(path, inventory), name, read_sections({"hosts": {name: fields}}, Path()).hosts[name])
    return KnownHost(name, {} if password is None else {name: password})


def _find(inventory: FleetInventory, address: str) -> str | None:
    """Return the host of this name or address."""
    names = [entry.host for entry in inventory.entries() if address in (entry.host, entry.address)]
    return address if address in names else next(iter(names), None)


def _fields(
    options: argparse.Namespace, user: str, address: str, inventory: FleetInventory | None, prompts: Prompts
) -> dict[str, Any]:
    """Return the keys of the host's section."""
    usual = inventory.defaults.user if inventory is not None else None
    name = options.user or user or prompts.text(f"User on {address}", usual or getpass.getuser())
    fields: dict[str, Any] = {"address": address, "user": name}
    if options.port is not None:
        fields["port"] = options.port
    if options.ssh_key is not None:
        fields["ssh_key"] = str(options.ssh_key.expanduser().absolute())
    return fields


def _plain_name(address: str) -> str:
    """Return a name for the inventory: `entrance` for entrance.local, and `192-0-2-10` for an address."""
    name = re.sub("[^A-Za-z0-9_-]+", "-", address.removesuffix(".local")).strip("-_")
    return name[:63] or "device"


def _known_hosts_file(path: Path, inventory: FleetInventory | None) -> Path:
    if inventory is None:
        return path.absolute().parent / _KNOWN_HOSTS
    return (inventory.known_hosts or KNOWN_HOSTS).expanduser()


def _text(path: Path, inventory: FleetInventory | None) -> str:
    """Return the text of the inventory; for a new one the signing keys are made, unless they lie there already."""
    if inventory is not None:
        return read_inventory(path)
    folder = path.absolute().parent
    private, public = f"{_SIGNING_KEY}{PRIVATE_SUFFIX}", f"{_SIGNING_KEY}{PUBLIC_SUFFIX}"
    if not (folder / public).exists():
        generate_keys(folder, _SIGNING_KEY)
    return new_inventory(_KNOWN_HOSTS, public, private)


def _log_in(trial: FleetInventory, name: str, password: str | None, prompts: Prompts) -> str | None:
    """Log in with a key, or else with a password; return the password if one was needed. Raises LoginRefused."""
    (entry,) = trial.entries()
    with connected(trial, [entry], needs_root=False) as connections:
        if name in connections.remotes:
            return None
        failure = connections.failures[name]
        if name not in connections.refused:
            raise LoginRefused(failure.sentence)
    if password is None:
        if prompts.assume_defaults:
            raise LoginRefused(f"{failure.sentence}; name another with --ssh-key, or give --password-file")
        password = prompts.password(f"Password of {entry.user} on {entry.address}")
    with connected(trial, [entry], {name: password}, needs_root=False) as connections:
        if name in connections.failures:
            raise LoginRefused(f"{connections.failures[name].sentence}, and with that password")
    return password


def _authorise(trial: FleetInventory, name: str, password: str, folder: Path, given: Path | None) -> str:
    """Let the device take a key from now on; return it as the inventory names it. Raises LoginRefused."""
    key = given.expanduser() if given is not None else folder / _SSH_KEY
    if given is None and not key.exists():
        _make_ssh_key(key)
    try:
        public = key.with_name(f"{key.name}{PUBLIC_SUFFIX}").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LoginRefused(f"the public half of {key} cannot be read: {error.strerror}") from error
    with connected(trial, trial.entries(), {name: password}, needs_root=False) as connections:
        try:
            _add_authorised(connections.remotes[name], public)
        except (StepFailed, KeyError) as error:
            raise LoginRefused(f"{key} cannot be brought to the device: {error}") from error
    return str(key.absolute()) if given is not None else _SSH_KEY


def _add_authorised(remote: Remote, public: str) -> None:
    file, line = _AUTHORISED, shlex.quote(public)
    remote.run(
        f"umask 077 && mkdir -p .ssh && touch {file} && (grep -qxF {line} {file} || "
        f'{{ test -z "$(tail -c 1 {file})" || echo; echo {line}; }} >>{file})',
        as_root=False,
    )


def _make_ssh_key(path: Path) -> None:
    """Make a key without a passphrase that only its owner can read. Raises LoginRefused."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(private)
        path.with_name(f"{path.name}{PUBLIC_SUFFIX}").write_bytes(public + b" ishara-deploy\n")
    except OSError as error:
        raise LoginRefused(f"{path} cannot be written: {error.strerror}") from error


def _read_password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, ValueError) as error:
        raise LoginRefused(f"the password file {path} cannot be read") from error
