"""paramiko's transport and pyinfra's connector for a device that may have been taken over: each answer is limited.

The limit of the size counts every byte that arrives on the connection, whatever it is part of: the greeting, the output
of a command, the answers of SFTP, and packets that nobody asked for. The limit of the time is gevent's, which ends
whatever waits at that moment.
"""

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import gevent
from paramiko import SFTPError, SSHClient, SSHException, Transport
from pyinfra.api.command import StringCommand
from pyinfra.connectors.ssh import SSHConnector
from pyinfra.connectors.util import (
    CommandOutput,
    OutputLine,
    execute_command_with_sudo_retry,
    extract_control_arguments,
    make_unix_command_for_host,
    write_stdin,
)

from edge.installation.machine import COMMAND_S

if TYPE_CHECKING:
    from pyinfra.api.arguments import ConnectorArguments

_GREETING_BYTES: Final = 256 * 1024
_ANSWER_BYTES: Final = 8 * 1024 * 1024  # also of SFTP's acknowledgements, some 200 bytes for each 32 KB
_CHUNK_BYTES: Final = 32 * 1024
_TOO_LONG: Final = "it sends more than any answer needs"
_OPEN_S: Final = 30
_KEEPALIVE_S: Final = 5
_SILENCE_S: Final = 20  # a connection that accepts nothing for so long counts as cut


class AnswerRefused(SSHException):
    """An answer of a device that is too long, comes too late or is none; the message says which."""


class _MeteredSocket:
    """A socket that gives no more than the bytes that are allowed."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.is_exhausted = False
        self._left = _GREETING_BYTES

    def allow(self, size: int) -> None:
        """Allow so many bytes from now on."""
        self._left = size

    def recv(self, size: int) -> bytes:
        """Receive at most so many bytes. Raises AnswerRefused."""
        chunk: bytes = self.connection.recv(size)
        self._left -= len(chunk)
        if self._left < 0:
            self.is_exhausted = True
            raise AnswerRefused(_TOO_LONG)
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


class LimitedTransport(Transport):
    """A transport whose peer may send a limited number of bytes, and whose errors are those of a connection."""

    def __init__(self, connection: Any, **options: Any) -> None:
        self.meter = _MeteredSocket(connection)
        super().__init__(cast("socket.socket", self.meter), **options)
        self.channel_timeout = _OPEN_S
        if isinstance(connection, socket.socket) and hasattr(socket, "TCP_USER_TIMEOUT"):
            # Let the kernel give up a dead connection early; by default it tries for a quarter of an hour.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENCE_S * 1000)

    def get_exception(self) -> Exception | None:
        """Return what ended the connection: an OSError, EOFError or SSHException, whatever the peer has sent."""
        error = super().get_exception()
        if error is None or isinstance(error, OSError | EOFError | SSHException):
            return error
        return AnswerRefused("it does not speak SSH")


class LimitedConnector(SSHConnector):
    """pyinfra's connector to one device, with both limits for every command."""

    refusal: str | None = None
    """Why an answer of this device was refused, if one was."""

    @contextmanager
    def limits(self, within_s: float) -> Iterator[SSHClient]:
        """Provide the client for one answer, and close the connection if that is refused.

        Raises AnswerRefused, and SSHException, OSError and EOFError for a connection that was cut.
        """
        client, transport = self._connection()
        transport.set_keepalive(_KEEPALIVE_S)  # so that something is sent, without which no cut is noticed
        transport.meter.allow(_ANSWER_BYTES)
        limit = gevent.Timeout(within_s)
        try:
            with limit:
                yield client
        except gevent.Timeout as error:
            if error is not limit:
                raise
            raise self._refuse(f"no answer within {within_s:.0f} s") from error
        except (SFTPError, struct.error, UnicodeDecodeError) as error:
            raise self._refuse("its answer is none of SFTP") from error
        finally:
            if transport.meter.is_exhausted:
                raise self._refuse(_TOO_LONG)

    def run_shell_command(
        self,
        command: StringCommand,
        print_output: bool = False,  # noqa: FBT001, FBT002, ARG002  # pyinfra's own signature
        print_input: bool = False,  # noqa: FBT001, FBT002, ARG002
        **arguments: Any,
    ) -> tuple[bool, CommandOutput]:
        """Run a command; return whether it succeeded, and its output. Raises as `limits` does."""
        control = extract_control_arguments(cast("ConnectorArguments", arguments))
        within_s, stdin = control.get("_timeout") or COMMAND_S, control.get("_stdin")

        def execute() -> tuple[int, CommandOutput]:
            text = make_unix_command_for_host(self.state, self.host, command, **arguments).get_raw_value()
            with self.limits(within_s) as client:
                return _execute(client, text, stdin)

        status, output = execute_command_with_sudo_retry(self.host, cast("ConnectorArguments", arguments), execute)
        return status == 0, output

    def _refuse(self, reason: str) -> AnswerRefused:
        self.refusal = reason
        if self.client is not None:
            self.client.close()
        return AnswerRefused(reason)

    def _connection(self) -> tuple[SSHClient, LimitedTransport]:
        transport = None if self.client is None else self.client.get_transport()
        if self.client is None or not isinstance(transport, LimitedTransport):
            raise SSHException("there is no connection")
        return self.client, transport


def _execute(client: SSHClient, command: str, stdin: Iterable[str] | None) -> tuple[int, CommandOutput]:
    """Return the exit status and the output of a command."""
    to_stdin, stdout, _ = client.exec_command(command)
    channel = stdout.channel
    # At the same time: whatever fills one of them must not keep the other from being read.
    readers = {
        "stdout": gevent.spawn(_read_all, channel.recv),
        "stderr": gevent.spawn(_read_all, channel.recv_stderr),
    }
    if stdin:
        write_stdin(stdin, to_stdin)
    to_stdin.close()
    lines = [OutputLine(name, line) for name, reader in readers.items() for line in reader.get()]
    return channel.recv_exit_status(), CommandOutput(lines)


def _read_all(receive: Callable[[int], bytes]) -> list[str]:
    """Return the lines of one stream of output, with bytes that are no UTF-8 replaced."""
    content = b"".join(iter(partial(receive, _CHUNK_BYTES), b""))
    return content.decode(errors="replace").removesuffix("\n").split("\n") if content else []
