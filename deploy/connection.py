"""SSH connections to the devices by pyinfra, with every host key verified, and commands that run there."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from paramiko import SFTPClient, SSHException
from pyinfra.api.command import StringCommand
from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import ConnectError, PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory
from pyinfra.api.state import BaseStateCallback, State

from deploy.inventory import FleetInventory, HostEntry, InventoryInvalid
from deploy.transport import AnswerRefused, LimitedConnector, LimitedTransport
from edge.installation.machine import COMMAND_S, Answer, Failure, StepFailed
from landmarkers.plain_text import escape

ROOT: Final = "root"
KNOWN_HOSTS: Final = Path("~/.ssh/known_hosts")
_CONNECT_S: Final = 10
_REFUSED: Final = ("Authentication error", "SSH error (No authentication methods available)")
_NO_GREETING: Final = "Error reading SSH protocol banner"
_NO_CONNECTION: Final = "Unable to connect to port"

Reporter = Callable[[str, str], None]
"""Reports the progress of a host: its name and a sentence."""


class LinkLost(StepFailed):
    """A connection that broke or never answered."""


class Remote:
    """One connected host."""

    def __init__(self, entry: HostEntry, host: Host) -> None:
        self.entry = entry
        self.host = host

    def attempt(
        self, command: str, *, stdin: str | None = None, as_root: bool = True, within_s: int = COMMAND_S
    ) -> Answer:
        """Run a shell command and return its output, even if it fails. Raises LinkLost."""
        options: dict[str, Any] = {} if stdin is None else {"_stdin": stdin}
        if as_root and self.entry.user != ROOT:
            options["_sudo"] = True
        with _losses():
            ok, output = self.host.run_shell_command(StringCommand(command), _timeout=within_s, **options)
        return Answer(ok, output.stdout, output.stderr)

    def run(self, command: str, *, stdin: str | None = None, as_root: bool = True, within_s: int = COMMAND_S) -> str:
        """Run a shell command and return its output. Raises StepFailed with its last line if it fails, and LinkLost."""
        answer = self.attempt(command, stdin=stdin, as_root=as_root, within_s=within_s)
        if not answer.ok:
            raise StepFailed(answer.reason)
        return answer.out

    @property
    def loss(self) -> str:
        """Why a command had no answer."""
        return _connector(self.host).refusal or "the connection was cut"

    @contextmanager
    def files(self, within_s: float) -> Iterator[SFTPClient]:
        """Open the files of the host with the rights of its user, for a limited time. Raises LinkLost.

        What goes wrong with one of the files stays an OSError, and a cut connection an SSHException or EOFError.
        """
        try:
            with _connector(self.host).limits(within_s) as client:
                with _losses():
                    sftp = client.open_sftp()
                with sftp:
                    yield sftp
        except AnswerRefused as error:
            raise LinkLost(str(error)) from error


@dataclass
class Connections:
    """All chosen hosts: those that are connected, and the reasons why the others are not."""

    state: State
    remotes: dict[str, Remote]
    failures: dict[str, Failure] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """Those of the failures that let the user not in."""


@contextmanager
def connected(
    inventory: FleetInventory,
    entries: Sequence[HostEntry],
    passwords: Mapping[str, str] = MappingProxyType({}),
    *,
    needs_root: bool = True,
) -> Iterator[Connections]:
    """Connect to all hosts at the same time; passwords, by host, serve where keys do not, and for sudo.

    Raises InventoryInvalid for a key that cannot be read.
    """
    silence_libraries()
    known_hosts = (inventory.known_hosts or KNOWN_HOSTS).expanduser()
    _require_keys(entries)
    names = [(entry.host, _data(entry, known_hosts, passwords.get(entry.host))) for entry in entries]
    state = State(Inventory((names, {})), Config(CONNECT_TIMEOUT=_CONNECT_S))
    for host in state.inventory:
        host.connector = LimitedConnector(state, host)
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
            connections.failures[host.name] = _failure_of(errors.found[host.name], entry, known_hosts)
            if errors.found[host.name].startswith(_REFUSED):
                connections.refused.add(host.name)
        else:
            connections.remotes[host.name] = Remote(entry, host)
    try:
        for remote in list(connections.remotes.values()) if needs_root else ():
            _require_root(remote, connections, passwords.get(remote.entry.host))
        yield connections
    finally:
        disconnect_all(state)


def in_parallel(
    connections: Connections, remotes: Sequence[Remote], step: Callable[[Remote], None]
) -> dict[str, Failure]:
    """Run the step on all hosts at the same time; return the failures by host."""
    failures: dict[str, Failure] = {}

    def run(remote: Remote) -> None:
        try:
            step(remote)
        except StepFailed as error:
            failures[remote.entry.host] = error.failure

    greenlets = [connections.state.pool.spawn(run, remote) for remote in remotes]
    for greenlet in greenlets:
        greenlet.get()
    return failures


class _ConnectErrors(BaseStateCallback):
    """Keeps the reasons why hosts could not be connected."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def host_connect_error(self, state: State, host: Host, error: ConnectError) -> None:  # type: ignore[override]  # noqa: ARG002
        self.found[host.name] = str(error)


def silence_libraries() -> None:
    """Keep the logs of pyinfra and paramiko off the terminal: `ishara-deploy` reports in its own sentences."""
    for name in ("pyinfra", "paramiko"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False


def _data(entry: HostEntry, known_hosts: Path, password: str | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "ssh_hostname": entry.address,
        "ssh_port": entry.port,
        "ssh_user": entry.user,
        "ssh_known_hosts_file": str(known_hosts),
        "ssh_strict_host_key_checking": "yes",
        "ssh_paramiko_connect_kwargs": {"transport_factory": LimitedTransport},
    }
    if entry.ssh_key is not None:
        data["ssh_key"] = str(entry.ssh_key)
    if password is not None:
        data["ssh_password"] = password
    return data


def _require_keys(entries: Sequence[HostEntry]) -> None:
    for entry in entries:
        if entry.ssh_key is not None and not entry.ssh_key.is_file():
            raise InventoryInvalid(f"hosts.{entry.host}: the ssh_key {entry.ssh_key} does not exist")


def _failure_of(error: str, entry: HostEntry, known_hosts: Path) -> Failure:
    where, error = f"{entry.address}:{entry.port}", escape(error)
    if "host key" in error.lower() and "does not match" in error:
        return Failure(
            f"{where} shows another host key than {known_hosts} holds: another machine answers there, or it was "
            "reinstalled; nothing was sent",
            user_action_required=True,
        )
    if "No host key for" in error:
        return Failure(
            f"the host key of {where} is not in {known_hosts}; compare it with the device's own "
            "(ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub) and add it",
            user_action_required=True,
        )
    if error.startswith(_REFUSED):
        key = f"the key {entry.ssh_key}" if entry.ssh_key else "any key of yours"
        return Failure(f"{where} refuses the user {entry.user} with {key}", user_action_required=True)
    reason = error.partition(" (")[2].removesuffix(")") or error
    if reason.startswith(_NO_GREETING):  # which paramiko says without a space before its reason
        reason = f"it does not greet as SSH does: {reason.removeprefix(_NO_GREETING) or 'it says nothing'}"
    if _NO_CONNECTION in reason:  # after an error number of paramiko's, which is None
        reason = (
            f"nothing answers there; check that {entry.host} is switched on and in this network, and that SSH is on"
        )
    return Failure(f"{where} cannot be reached: {reason}")


def _require_root(remote: Remote, connections: Connections, password: str | None) -> None:
    """Require root's rights, by sudo for another user; a host that lacks them becomes a failure."""
    try:
        asks_password = remote.entry.user != ROOT and not remote.attempt("sudo -n true 2>/dev/null", as_root=False).ok
        if asks_password and password is not None:
            remote.host.connector_data["prompted_sudo_password"] = password
        elif asks_password and not sys.stdin.isatty():
            sentence = f"sudo asks {remote.entry.user} for a password, and there is no terminal to enter it"
            raise StepFailed(sentence, user_action_required=True)
        answer = remote.attempt("true")  # pyinfra asks for the password here, if there is one, and keeps it
    except StepFailed as error:
        connections.failures[remote.entry.host] = error.failure
        del connections.remotes[remote.entry.host]
        return
    if not answer.ok:
        sentence = f"the user {remote.entry.user} may not use sudo: {answer.reason}"
        connections.failures[remote.entry.host] = Failure(sentence, user_action_required=True)
        del connections.remotes[remote.entry.host]


@contextmanager
def _losses() -> Iterator[None]:
    """Raise LinkLost for whatever goes wrong with a connection."""
    try:
        yield
    except AnswerRefused as error:
        raise LinkLost(str(error)) from error
    except (OSError, SSHException, EOFError) as error:
        raise LinkLost(f"the connection was cut: {str(error) or 'no answer'}") from error


def _connector(host: Host) -> LimitedConnector:
    if not isinstance(host.connector, LimitedConnector):
        raise TypeError("each host is given such a connector before it is connected")
    return host.connector
