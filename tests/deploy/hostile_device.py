"""A device that somebody has taken over: its SSH server answers `ishara-deploy` in ways that no honest one would."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko
from paramiko import Channel, Message
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.sftp import CMD_NAME, CMD_VERSION, BaseSFTP

_BLOCK = b"y" * 32_000


def _endless(channel: Channel) -> None:
    while True:
        channel.sendall(_BLOCK)


def _endless_errors(channel: Channel) -> None:
    while True:
        channel.sendall_stderr(_BLOCK)


def _beyond_its_window(channel: Channel) -> None:
    while True:
        channel.out_window_size = 1 << 30
        channel.sendall(_BLOCK)


def _drops(channel: Channel) -> None:
    while True:
        channel.sendall(b"y")
        time.sleep(0.1)


def _no_exit_status(channel: Channel) -> None:
    channel.shutdown_write()
    threading.Event().wait()


def _other_letters(channel: Channel) -> None:
    channel.sendall_stderr(b"\xff\xfe\x1b[2J refused\n")
    channel.send_exit_status(1)
    channel.close()


def _nothing(_channel: Channel) -> None:
    threading.Event().wait()


def _success(channel: Channel) -> None:
    channel.send_exit_status(0)
    channel.close()


COMMANDS: dict[str, Callable[[Channel], None]] = {
    "endless": _endless,
    "endless-errors": _endless_errors,
    "beyond-its-window": _beyond_its_window,
    "drops": _drops,
    "no-exit-status": _no_exit_status,
    "other-letters": _other_letters,
    "nothing": _nothing,
}


def _garbage(channel: Channel) -> None:
    channel.sendall(b"\xff" * 1000)


def _short_version(channel: Channel) -> None:
    _sftp(channel)._send_packet(CMD_VERSION, Message(b"\0"))


def _wrong_letters(channel: Channel) -> None:
    server = _sftp(channel)
    server._send_server_version()
    _, request = server._read_packet()
    reply = Message()
    reply.add_int(Message(request).get_int())
    reply.add_int(1)
    reply.add_string(b"/home/\xff")
    server._send_packet(CMD_NAME, reply)


def _endless_replies(channel: Channel) -> None:
    server = _sftp(channel)
    server._send_server_version()
    while True:
        server._send_packet(CMD_NAME, Message(b"y" * 30_000))


FILES: dict[str, Callable[[Channel], None]] = {
    "garbage": _garbage,
    "short-version": _short_version,
    "wrong-letters": _wrong_letters,
    "endless-replies": _endless_replies,
    "nothing": _nothing,
}


def _sftp(channel: Channel) -> Any:
    server: Any = BaseSFTP()
    server.sock = channel
    return server


GREETINGS = {
    "endless": b"SSH-2.0-" + b"y" * 100_000,
    "other-letters": b"SSH-2.0-\xff\xfe\r\n",
    "no-ssh": b"HTTP/1.1 400\r\n" * 200,
}


@dataclass(frozen=True)
class Behaviour:
    """The ways in which a device answers; None stands for that of an honest one."""

    greeting: bytes | None = None
    command: Callable[[Channel], None] = _success
    files: Callable[[Channel], None] = _nothing
    never: str = ""
    """The kind of request that it never replies to: `channel` or `request`."""
    login_s: float = 0.0
    """The time that it takes to let somebody log in."""
    leaves: bool = False
    """True if it ends the connection then."""


class _Server(paramiko.ServerInterface):
    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        time.sleep(self._behaviour.login_s)
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if self._behaviour.never == "channel":
            threading.Event().wait()
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: Channel, command: bytes) -> bool:
        return self._start(self._behaviour.command, channel)

    def check_channel_subsystem_request(self, channel: Channel, name: str) -> bool:
        return self._start(self._behaviour.files, channel)

    def _start(self, answer: Callable[[Channel], None], channel: Channel) -> bool:
        if self._behaviour.never == "request":
            threading.Event().wait()

        def run() -> None:
            time.sleep(0.1)  # paramiko replies to the request when this method has returned
            with suppress(OSError, EOFError):
                answer(channel)

        threading.Thread(target=run, daemon=True).start()
        return True


@contextmanager
def hostile_devices(folder: Path, behaviours: Mapping[str, Behaviour]) -> Iterator[Path]:
    """Serve on this machine, and provide an inventory with these devices as its hosts."""
    operator = paramiko.ECDSAKey.generate()
    operator.write_private_key_file(str(folder / "key"))
    hosts, known = "", ""
    with ExitStack() as stack:
        for name, behaviour in behaviours.items():
            key = paramiko.ECDSAKey.generate()
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = listener.getsockname()[1]
            threading.Thread(target=_serve, args=(listener, key, behaviour), daemon=True).start()
            known += f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n"
            hosts += f'[hosts.{name}]\naddress = "127.0.0.1"\nport = {port}\n'
        (folder / "known").write_text(known)
        inventory = folder / "fleet.toml"
        defaults = f'[defaults]\nuser = "root"\nssh_key = "{folder / "key"}"\n'
        inventory.write_text(f'known_hosts = "{folder / "known"}"\n{defaults}{hosts}')
        yield inventory


def _serve(listener: socket.socket, key: paramiko.PKey, behaviour: Behaviour) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # the test is over
            return
        threading.Thread(target=_answer, args=(connection, key, behaviour), daemon=True).start()


def _answer(connection: socket.socket, key: paramiko.PKey, behaviour: Behaviour) -> None:
    with suppress(OSError, EOFError, paramiko.SSHException):
        while behaviour.greeting is not None:
            connection.sendall(behaviour.greeting)
        transport = paramiko.Transport(connection)
        transport.add_server_key(key)
        transport.start_server(server=_Server(behaviour))
        if behaviour.leaves:
            while not transport.is_authenticated():
                time.sleep(0.01)
            transport.close()
