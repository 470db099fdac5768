"""Host keys of devices that are met for the first time: fetched, shown with their fingerprint, kept once trusted."""

import socket
from pathlib import Path
from typing import Final

from paramiko import HostKeys, PKey, SSHException

from deploy.connection import KNOWN_HOSTS, silence_libraries
from deploy.prompts import Prompts
from deploy.transport import LimitedTransport
from landmarkers.errors import UserError
from landmarkers.plain_text import escape

ACCEPT_NEW: Final = "new"
_CONNECT_S: Final = 10
_SSH_PORT: Final = 22


class HostNotTrusted(UserError):
    """A device whose host key is not the expected one, or that shows none; the message says what to do."""


def trust_host(address: str, port: int, known_hosts: Path, accepted: str | None, prompts: Prompts) -> None:
    """Make sure that the host's key is in the file, as a person or `accepted` says: a fingerprint, or ACCEPT_NEW.

    A key that OpenSSH's own file has already is trusted without a question. Nothing but the key exchange is sent.
    Raises HostNotTrusted, NobodyToAsk.
    """
    silence_libraries()
    name = address if port == _SSH_PORT else f"[{address}]:{port}"
    own = _read(known_hosts)
    theirs = _read(KNOWN_HOSTS.expanduser())
    known = own.lookup(name) or theirs.lookup(name)
    key = _fetch(address, port, () if known is None else tuple(known))
    fingerprint = f"{key.get_name()} {key.fingerprint}"
    if known is not None:
        if not (own.check(name, key) or theirs.check(name, key)):
            raise HostNotTrusted(
                f"{name} shows another host key than the known one: {fingerprint}; another machine answers there, "
                f"or it was reinstalled. If that is so: ssh-keygen -R '{name}' -f '{known_hosts}'. Nothing was sent"
            )
    elif accepted is None:
        _ask(name, fingerprint, prompts)
    elif accepted not in (ACCEPT_NEW, key.fingerprint):
        raise HostNotTrusted(f"{name} shows the host key {fingerprint}, and not {accepted}; nothing was sent")
    if not own.check(name, key):
        _append(known_hosts, f"{name} {key.get_name()} {key.get_base64()}\n")


def _ask(name: str, fingerprint: str, prompts: Prompts) -> None:
    question = (
        f"{name} is unknown. Its host key is\n  {fingerprint}\n"
        "On the device, `ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub` prints it. Do you trust it?"
    )
    if not prompts.is_yes(question):
        raise HostNotTrusted(f"the host key of {name} is not trusted; nothing was sent")


def _fetch(address: str, port: int, types: tuple[str, ...]) -> PKey:
    """Return the key that the host shows, of one of these types if it has one. Raises HostNotTrusted."""
    try:
        with socket.create_connection((address, port), _CONNECT_S) as connection, LimitedTransport(connection) as link:
            options = link.get_security_options()
            options.key_types = sorted(options.key_types, key=lambda one: not one.startswith(types) if types else False)
            link.start_client(timeout=_CONNECT_S)
            return link.get_remote_server_key()
    except (OSError, SSHException, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "no answer"
        raise HostNotTrusted(f"{address}:{port} cannot be reached: {escape(str(reason))}") from error


def _read(path: Path) -> HostKeys:
    try:
        return HostKeys(str(path)) if path.exists() else HostKeys()
    except (OSError, SSHException) as error:
        raise HostNotTrusted(f"{path} cannot be read: {error}") from error


def _append(path: Path, line: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{'' if before.endswith(chr(10)) or not before else chr(10)}{line}")
    except OSError as error:
        raise HostNotTrusted(f"{path} cannot be written: {error.strerror}") from error
