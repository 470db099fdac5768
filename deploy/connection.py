"""The way to the devices: SSH by pyinfra, with every host's key checked, and what is said there."""

import logging
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from paramiko import SFTPClient, SSHClient, SSHException
from pyinfra.api.command import StringCommand
from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import ConnectError, PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory
from pyinfra.api.state import BaseStateCallback, State

from deploy.inventory import FleetInventory, HostEntry, InventoryInvalid

ROOT: Final = "root"
_KNOWN_HOSTS: Final = Path("~/.ssh/known_hosts")
_CONNECT_S: Final = 10
_SILENCE_S: Final = 20  # after which a link that takes nothing any more counts as cut
_KEEPALIVE_S: Final = 5

Tell = Callable[[str, str], None]
"""Says how a host (the first) gets on (the second)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a host did not get what it should; `must_act` if somebody must mend something, not just try again."""

    sentence: str
    must_act: bool = False


class StepFailed(Exception):
    """A step on one host failed; the message says why, `must_act` as with Failure."""

    def __init__(self, sentence: str, *, must_act: bool = False) -> None:
        super().__init__(sentence)
        self.failure = Failure(sentence, must_act)


class LinkLost(StepFailed):
    """The connection broke, or never answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command on a host said."""

    ok: bool
    out: str
    err: str

    @property
    def reason(self) -> str:
        """The last line of what it said, where a program tells why it ends."""
        lines = [line for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it says nothing"


class Remote:
    """One host that is connected."""

    def __init__(self, entry: HostEntry, host: Host) -> None:
        self.entry = entry
        self.host = host

    def attempt(self, command: str, *, stdin: str | None = None, as_root: bool = True, within_s: int = 60) -> Answer:
        """Run a shell command, whatever its end. Raises LinkLost."""
        given: dict[str, Any] = {} if stdin is None else {"_stdin": stdin}
        if as_root and self.entry.user != ROOT:
            given["_sudo"] = True
        try:
            ok, output = self.host.run_shell_command(StringCommand(command), _timeout=within_s, **given)
        except TimeoutError as error:
            raise LinkLost(f"it does not answer within {within_s} s") from error
        except (OSError, SSHException, EOFError) as error:
            raise LinkLost(f"the connection was cut: {str(error) or 'no answer'}") from error
        return Answer(ok, output.stdout, output.stderr)

    def run(self, command: str, *, stdin: str | None = None, as_root: bool = True, within_s: int = 60) -> str:
        """What a shell command prints. Raises StepFailed with what it says when it fails, and LinkLost."""
        answer = self.attempt(command, stdin=stdin, as_root=as_root, within_s=within_s)
        if not answer.ok:
            raise StepFailed(answer.reason)
        return answer.out

    @contextmanager
    def files(self) -> Iterator[SFTPClient]:
        """The host's files as its user may see them. Raises LinkLost."""
        try:
            sftp = _client(self.host).open_sftp()
        except (OSError, SSHException, EOFError) as error:
            raise LinkLost(f"the connection was cut: {str(error) or 'no answer'}") from error
        with sftp:
            yield sftp


@dataclass
class Connections:
    """All hosts that were chosen: those that are connected, and why the others are not."""

    state: State
    remotes: dict[str, Remote]
    failures: dict[str, Failure] = field(default_factory=dict)


@contextmanager
def connected(inventory: FleetInventory, entries: Sequence[HostEntry]) -> Iterator[Connections]:
    """Connect to the hosts, all at the same time. Raises InventoryInvalid for a key that cannot be read."""
    _silence_the_engine()
    known_hosts = (inventory.known_hosts or _KNOWN_HOSTS).expanduser()
    _see_that_keys_are_there(entries)
    names = [(entry.host, _data(entry, known_hosts)) for entry in entries]
    state = State(Inventory((names, {})), Config(CONNECT_TIMEOUT=_CONNECT_S))
    errors = _ConnectErrors()
    state.add_callback_handler(errors)
    try:
        connect_all(state)
    except PyinfraError as error:
        if len(errors.found) < len(entries):
            raise InventoryInvalid(str(error)) from error
    by_name = {entry.host: entry for entry in entries}
    connections = Connections(state, {})
    for host in state.inventory:
        entry = by_name[host.name]
        if host.name in errors.found:
            connections.failures[host.name] = _why(errors.found[host.name], entry, known_hosts)
        else:
            _notice_a_cut(_client(host))
            connections.remotes[host.name] = Remote(entry, host)
    try:
        for remote in list(connections.remotes.values()):
            _see_that_it_may(remote, connections)
        yield connections
    finally:
        disconnect_all(state)


def in_parallel(
    connections: Connections, remotes: Sequence[Remote], step: Callable[[Remote], None]
) -> dict[str, Failure]:
    """Take the step on all hosts at the same time; why it failed where it did."""
    failures: dict[str, Failure] = {}

    def take(remote: Remote) -> None:
        try:
            step(remote)
        except StepFailed as error:
            failures[remote.entry.host] = error.failure

    greenlets = [connections.state.pool.spawn(take, remote) for remote in remotes]
    for greenlet in greenlets:
        greenlet.get()
    return failures


class _ConnectErrors(BaseStateCallback):
    """Keeps why hosts could not be connected to."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def host_connect_error(self, state: State, host: Host, error: ConnectError) -> None:  # type: ignore[override]  # noqa: ARG002
        self.found[host.name] = str(error)


def _silence_the_engine() -> None:
    """What pyinfra logs is told by `ishara-deploy` in its own sentences."""
    for name in ("pyinfra", "paramiko"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False


def _data(entry: HostEntry, known_hosts: Path) -> dict[str, Any]:
    data: dict[str, Any] = {
        "ssh_hostname": entry.address,
        "ssh_port": entry.port,
        "ssh_user": entry.user,
        "ssh_known_hosts_file": str(known_hosts),
        "ssh_strict_host_key_checking": "yes",
    }
    if entry.ssh_key is not None:
        data["ssh_key"] = str(entry.ssh_key)
    return data


def _see_that_keys_are_there(entries: Sequence[HostEntry]) -> None:
    for entry in entries:
        if entry.ssh_key is not None and not entry.ssh_key.is_file():
            raise InventoryInvalid(f"hosts.{entry.host}: there is no ssh_key {entry.ssh_key}")


def _why(error: str, entry: HostEntry, known_hosts: Path) -> Failure:
    where = f"{entry.address}:{entry.port}"
    if "host key" in error.lower() and "does not match" in error:
        return Failure(
            f"{where} shows another host key than {known_hosts} holds: another machine answers there, or it was "
            "installed anew; nothing was sent",
            must_act=True,
        )
    if "No host key for" in error:
        return Failure(
            f"the host key of {where} is not in {known_hosts}; compare it with the device's own "
            "(ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub) and add it",
            must_act=True,
        )
    if error.startswith("Authentication error"):
        key = f"the key {entry.ssh_key}" if entry.ssh_key else "any key of yours"
        return Failure(f"{where} does not let the user {entry.user} in with {key}", must_act=True)
    reason = error.partition(" (")[2].removesuffix(")") or error
    return Failure(f"{where} cannot be reached: {reason}")


def _see_that_it_may(remote: Remote, connections: Connections) -> None:
    """Everything is done as root, by sudo where the user is another."""
    try:
        is_asked_for = remote.entry.user != ROOT and not remote.attempt("sudo -n true", as_root=False).ok
        if is_asked_for and not sys.stdin.isatty():
            sentence = f"sudo wants a password from {remote.entry.user} there, and nobody is here to be asked for it"
            raise StepFailed(sentence, must_act=True)
        answer = remote.attempt("true")  # for which pyinfra asks for the password, if there is one, and keeps it
    except StepFailed as error:
        connections.failures[remote.entry.host] = error.failure
        del connections.remotes[remote.entry.host]
        return
    if not answer.ok:
        sentence = f"the user {remote.entry.user} may not use sudo there: {answer.reason}"
        connections.failures[remote.entry.host] = Failure(sentence, must_act=True)
        del connections.remotes[remote.entry.host]


def _client(host: Host) -> SSHClient:
    client = getattr(host.connector, "client", None)
    if not isinstance(client, SSHClient):
        raise LinkLost("there is no connection")
    return client


def _notice_a_cut(client: SSHClient) -> None:
    """Let the kernel give up a link that takes nothing any more; by itself it would try for a quarter of an hour."""
    transport = client.get_transport()
    if transport is None:
        raise LinkLost("there is no connection")
    transport.set_keepalive(_KEEPALIVE_S)
    if isinstance(transport.sock, socket.socket) and hasattr(socket, "TCP_USER_TIMEOUT"):
        transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENCE_S * 1000)
