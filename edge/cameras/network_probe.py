"""Finds out why a network camera cannot be opened, since OpenCV keeps the reason to itself.

One short conversation in HTTP or RTSP, limited in time and size.
"""

import io
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, parse_headers
from typing import Final

from edge.cameras.login import authorise
from edge.cameras.network_address import NetworkAddress
from landmarkers.numbers import is_number

_MAX_BYTES: Final = 64 * 1024
_HEAD_END: Final = b"\r\n\r\n"
UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a camera to the request for its stream."""

    status: int
    content_type: str
    knows_login: bool = True
    """False if it asks for a login of a kind that neither this program nor FFmpeg knows."""


class NoCamera(Exception):
    """The server does not speak the protocol of the address."""


def request_stream(address: NetworkAddress, deadline: float) -> Answer:
    """Ask a camera for its stream, with user name and password if it wants them.

    Raises OSError, of which TimeoutError means that it does not answer before the monotonic clock's deadline, and
    NoCamera.
    """
    conversation = _Conversation(address, deadline)
    try:
        status, headers = conversation.ask(None)
        challenges: Sequence[str] = headers.get_all("WWW-Authenticate", [])
        knows_login = True
        if status == UNAUTHORIZED and address.user is not None:
            login = authorise(
                challenges, address.user, address.password or "", conversation.method, conversation.target
            )
            knows_login = login is not None
            if login is not None:
                status, headers = conversation.ask(login)
        return Answer(status, headers.get_content_type() if "Content-Type" in headers else "", knows_login)
    finally:
        conversation.close()


class _Conversation:
    """Requests to one camera, on one connection as long as the camera keeps it."""

    def __init__(self, address: NetworkAddress, deadline: float) -> None:
        host = f"[{address.host}]" if ":" in address.host else address.host
        self._protocol = b"RTSP/" if address.is_rtsp else b"HTTP/"
        self.method = "DESCRIBE" if address.is_rtsp else "GET"
        self.target = f"{address.scheme}://{host}:{address.port}{address.target}" if address.is_rtsp else address.target
        self._address = address
        self._host = f"{host}:{address.port}"
        self._deadline = deadline
        self._count = 0
        self._connection: socket.socket | None = None

    def ask(self, login: str | None) -> tuple[int, HTTPMessage]:
        """Send the request and return status and headers of the answer."""
        if self._connection is None or not self._address.is_rtsp:  # HTTP answers with a stream, which ends nowhere
            self.close()
            self._connection = self._connect()
        self._count += 1
        self._connection.settimeout(self._left_s())
        self._connection.sendall(self._request(login))
        return self._read_answer(self._connection)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection((self._address.host, self._address.port), self._left_s())
        if not self._address.is_encrypted:
            return connection
        try:  # the certificate is not verified: FFmpeg does not either, and cameras have none that could be
            context = ssl._create_unverified_context()  # noqa: S323, SLF001
            return context.wrap_socket(connection, server_hostname=self._address.host)
        except OSError:
            connection.close()
            raise

    def _request(self, login: str | None) -> bytes:
        if self._address.is_rtsp:
            lines = [f"DESCRIBE {self.target} RTSP/1.0", f"CSeq: {self._count}", "Accept: application/sdp"]
        else:
            lines = [f"GET {self.target} HTTP/1.1", f"Host: {self._host}", "Accept: */*", "Connection: close"]
        if login is not None:
            lines.append(f"Authorization: {login}")
        return ("\r\n".join([*lines, "User-Agent: ishara"]) + "\r\n\r\n").encode()

    def _read_answer(self, connection: socket.socket) -> tuple[int, HTTPMessage]:
        """Read the head of an answer, and its body if another may follow. Raises OSError, NoCamera."""
        head, body = self._read_head(connection)
        line, _, fields = head.partition(b"\r\n")
        status = line.partition(b" ")[2][:3].decode("ascii", "replace")
        if not is_number(status):
            raise NoCamera
        try:
            headers = parse_headers(io.BytesIO(fields))
        except HTTPException as error:
            raise NoCamera from error
        length = headers.get("Content-Length", "")
        if int(status) == UNAUTHORIZED and self._address.is_rtsp and is_number(length):
            left = min(int(length), _MAX_BYTES) - len(body)
            while left > 0 and (received := self._receive(connection)):
                left -= len(received)
        return int(status), headers

    def _read_head(self, connection: socket.socket) -> tuple[bytes, bytes]:
        received = b""
        while _HEAD_END not in received:
            more = self._receive(connection)
            received += more
            is_other = received[: len(self._protocol)] != self._protocol[: len(received)]
            if not more or is_other or len(received) > _MAX_BYTES:
                raise NoCamera
        head, _, body = received.partition(_HEAD_END)
        return head + _HEAD_END, body

    def _receive(self, connection: socket.socket) -> bytes:
        connection.settimeout(self._left_s())
        return connection.recv(4096)

    def _left_s(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0.0:
            raise TimeoutError
        return left
